//! Exercises the crate etcd-client against the store at the given endpoints.
//!
//! It starts nothing and knows no store: it prints what it saw, a line for each observation, the
//! call before a tab. Two stores that behave alike make it print the same; revisions are told by
//! their distance for that reason. What must not be makes it fail.

use etcd_client::{
    Client, Compare, CompareOp, ConnectOptions, DeleteOptions, Error, EventType, GetOptions, KeyValue, LockOptions, Permission,
    ProclaimOptions, PutOptions, ResignOptions, SortOrder, SortTarget, Txn, TxnOp, TxnOpResponse,
    WatchOptions, WatchStream,
};
use std::fmt::{Debug, Display};
use std::time::Duration;

const PREFIX: &str = "rust/";
const PATIENCE: Duration = Duration::from_secs(60);
const ROOT_PASSWORD: &str = "the roots' own";
const ALICE_PASSWORD: &str = "down the hole";

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn saw(call: &str, what: impl Display) {
    println!("{call}\t{what}");
}

fn key(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// What a call that must fail says.
fn refusal<T: Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::GRpcStatus(status)) => format!("{:?} {}", status.code(), status.message()),
        Err(other) => format!("{other:?}"),
        Ok(answer) => panic!("not refused: {answer:?}"),
    }
}

fn pairs(values: &[KeyValue]) -> Outcome<String> {
    let mut told = Vec::new();
    for pair in values {
        told.push(format!("{}={}", &pair.key_str()?[PREFIX.len()..], pair.value_str()?));
    }
    Ok(told.join(" "))
}

async fn key_value(client: &mut Client) -> Outcome<()> {
    let first = client.put(key("a"), "1", None).await?;
    let options = PutOptions::new().with_prev_key();
    let second = client.put(key("a"), "2", Some(options)).await?;
    let distance = second.header().unwrap().revision() - first.header().unwrap().revision();
    saw("KV.Put", format!("previous {}, {distance} later", second.prev_key().unwrap().value_str()?));
    let options = PutOptions::new().with_lease(4711);
    saw("KV.Put", refusal(client.put(key("a"), "x", Some(options)).await));
    saw("KV.Put", format!("no key: {}", refusal(client.put("", "x", None).await)));
    let found = client.get(key("a"), None).await?;
    let pair = &found.kvs()[0];
    let age = pair.mod_revision() - pair.create_revision();
    saw("KV.Range", format!("{} version {} age {age}", pair.value_str()?, pair.version()));
    for name in ["b", "c", "d"] {
        client.put(key(name), format!("v{name}"), None).await?;
    }
    let options = GetOptions::new().with_prefix().with_sort(SortTarget::Key, SortOrder::Descend);
    saw("KV.Range", pairs(client.get(PREFIX, Some(options)).await?.kvs())?);
    let options = GetOptions::new().with_prefix().with_limit(2).with_serializable();
    let limited = client.get(PREFIX, Some(options)).await?;
    let more = limited.more();
    saw("KV.Range", format!("{} of {}, more {more}", pairs(limited.kvs())?, limited.count()));
    let options = GetOptions::new().with_range(key("c")).with_keys_only();
    saw("KV.Range", format!("keys: {}", pairs(client.get(key("a"), Some(options)).await?.kvs())?));
    let revision = second.header().unwrap().revision();
    let options = GetOptions::new().with_prefix().with_revision(revision);
    saw("KV.Range", format!("before: {}", pairs(client.get(PREFIX, Some(options)).await?.kvs())?));
    let options = DeleteOptions::new().with_prev_key();
    let gone = client.delete(key("b"), Some(options)).await?;
    saw("KV.DeleteRange", format!("{}: {}", gone.deleted(), pairs(gone.prev_kvs())?));
    let options = DeleteOptions::new().with_prefix();
    saw("KV.DeleteRange", client.delete(PREFIX, Some(options)).await?.deleted());
    client.compact(revision, None).await?;
    saw("KV.Compact", refusal(client.compact(revision, None).await));
    let options = GetOptions::new().with_revision(revision - 1);
    saw("KV.Range", refusal(client.get(key("a"), Some(options)).await));
    Ok(())
}

async fn transactions(client: &mut Client) -> Outcome<()> {
    client.put(key("t"), "1", None).await?;
    let compares = [
        ("value", Compare::value(key("t"), CompareOp::Equal, "1")),
        ("version", Compare::version(key("t"), CompareOp::Greater, 1)),
        ("created", Compare::create_revision(key("none"), CompareOp::Equal, 0)),
        ("modified", Compare::mod_revision(key("t"), CompareOp::NotEqual, 0)),
    ];
    for (name, compare) in compares {
        let transaction = Txn::new()
            .when([compare])
            .and_then([TxnOp::get(key("t"), None), TxnOp::put(key("u"), name, None)])
            .or_else([TxnOp::delete(key("u"), None)]);
        let answer = client.txn(transaction).await?;
        let mut told = Vec::new();
        for one in answer.op_responses() {
            told.push(match one {
                TxnOpResponse::Get(found) => pairs(found.kvs())?,
                TxnOpResponse::Put(_) => "put".to_string(),
                TxnOpResponse::Delete(gone) => format!("{} deleted", gone.deleted()),
                TxnOpResponse::Txn(_) => "txn".to_string(),
            });
        }
        saw("KV.Txn", format!("{name}: {} [{}]", answer.succeeded(), told.join(", ")));
    }
    let twice = [TxnOp::put(key("t"), "2", None), TxnOp::put(key("t"), "3", None)];
    saw("KV.Txn", refusal(client.txn(Txn::new().and_then(twice)).await));
    Ok(())
}

/// As many events as asked for, with their distance from a revision.
async fn told(stream: &mut WatchStream, count: usize, base: i64) -> Outcome<String> {
    let mut events = Vec::new();
    while events.len() < count {
        let message = stream.message().await?.ok_or("the stream ended")?;
        for event in message.events() {
            let pair = event.kv().ok_or("an event without a key")?;
            let kind = if event.event_type() == EventType::Put { "put" } else { "delete" };
            let name = &pair.key_str()?[PREFIX.len()..];
            events.push(format!("{kind} {name}@{}", pair.mod_revision() - base));
        }
    }
    Ok(events.join(", "))
}

async fn watches(client: &mut Client) -> Outcome<()> {
    let options = WatchOptions::new().with_prefix();
    let mut live = client.watch(key("w/"), Some(options)).await?;
    let created = live.message().await?.ok_or("the stream ended")?;
    saw("Watch.Watch", format!("created: {}", created.created()));
    let base = client.put(key("w/a"), "1", None).await?.header().unwrap().revision();
    client.put(key("w/b"), "2", None).await?;
    client.delete(key("w/a"), None).await?;
    saw("Watch.Watch", format!("live: {}", told(&mut live, 3, base).await?));
    live.cancel(created.watch_id()).await?;
    let ended = live.message().await?.ok_or("the stream ended")?;
    saw("Watch.Watch", format!("cancelled: {}", ended.canceled()));
    let options = WatchOptions::new().with_prefix().with_start_revision(base + 1);
    let mut resumed = client.watch(key("w/"), Some(options)).await?;
    saw("Watch.Watch", format!("resumed: {}", told(&mut resumed, 2, base).await?));
    Ok(())
}

async fn leases(client: &mut Client) -> Outcome<()> {
    let lease = client.lease_grant(60, None).await?;
    saw("Lease.LeaseGrant", format!("{} s", lease.ttl()));
    let options = PutOptions::new().with_lease(lease.id());
    client.put(key("l"), "1", Some(options)).await?;
    let left = client.lease_time_to_live(lease.id(), None).await?;
    saw("Lease.LeaseTimeToLive", format!("{} {}", left.granted_ttl(), left.ttl() > 0));
    let (mut keeper, mut answers) = client.lease_keep_alive(lease.id()).await?;
    keeper.keep_alive().await?;
    let kept = answers.message().await?.ok_or("the stream ended")?;
    saw("Lease.LeaseKeepAlive", format!("{} s", kept.ttl()));
    let known = client.leases().await?;
    let ours = known.leases().iter().any(|one| one.id() == lease.id());
    saw("Lease.LeaseLeases", format!("ours among them: {ours}"));
    client.lease_revoke(lease.id()).await?;
    let gone = client.get(key("l"), None).await?;
    saw("Lease.LeaseRevoke", format!("keys left: {}", gone.count()));
    saw("Lease.LeaseRevoke", refusal(client.lease_revoke(lease.id()).await));
    Ok(())
}

async fn locks(client: &mut Client) -> Outcome<()> {
    let lease = client.lease_grant(60, None).await?.id();
    let held = client.lock(key("lock"), None).await?;
    let mut other = client.clone();
    let waiting = tokio::spawn(async move {
        let options = LockOptions::new().with_lease(lease);
        other.lock(key("lock"), Some(options)).await
    });
    let options = GetOptions::new().with_prefix().with_count_only();
    while client.get(key("lock"), Some(options.clone())).await?.count() < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    saw("Lock.Lock", format!("held; the other waits: {}", !waiting.is_finished()));
    client.unlock(held.key()).await?;
    let next = waiting.await??;
    let name = String::from_utf8_lossy(next.key()).to_string();
    saw("Lock.Lock", format!("next: {}", name == format!("{}/{lease:x}", key("lock"))));
    client.unlock(next.key()).await?;
    saw("Lock.Unlock", client.get(key("lock"), Some(options)).await?.count());
    Ok(())
}

async fn elections(client: &mut Client) -> Outcome<()> {
    let lease = client.lease_grant(60, None).await?.id();
    saw("Election.Leader", refusal(client.leader(key("office")).await));
    let won = client.campaign(key("office"), "one", lease).await?;
    let leader = won.leader().ok_or("nobody won")?.clone();
    saw("Election.Campaign", format!("with our lease: {}", leader.lease() == lease));
    let mut observed = client.observe(key("office")).await?;
    let first = observed.message().await?.ok_or("the stream ended")?;
    saw("Election.Observe", first.kv().ok_or("nobody")?.value_str()?);
    let options = ProclaimOptions::new().with_leader(leader.clone());
    client.proclaim("two", Some(options)).await?;
    let then = observed.message().await?.ok_or("the stream ended")?;
    saw("Election.Observe", then.kv().ok_or("nobody")?.value_str()?);
    let now = client.leader(key("office")).await?;
    saw("Election.Leader", now.kv().ok_or("nobody")?.value_str()?);
    client.resign(Some(ResignOptions::new().with_leader(leader))).await?;
    saw("Election.Resign", refusal(client.leader(key("office")).await));
    Ok(())
}

/// Users, roles and what they allow. It leaves a store without users; while it runs, everybody else
/// is refused.
async fn users(client: &mut Client, endpoints: &str) -> Outcome<()> {
    saw("Auth.AuthEnable", format!("without root: {}", refusal(client.auth_enable().await)));
    for (name, password) in [("root", ROOT_PASSWORD), ("alice", "at first")] {
        client.user_add(name, password, None).await?;
        client.role_add(name).await?;
        client.user_grant_role(name, name).await?;
    }
    saw("Auth.UserAdd", format!("twice: {}", refusal(client.user_add("alice", "x", None).await)));
    saw("Auth.RoleAdd", format!("twice: {}", refusal(client.role_add("alice").await)));
    client.user_change_password("alice", ALICE_PASSWORD).await?;
    for allowed in [
        Permission::read_write(key("alice/")).with_prefix(),
        Permission::read(key("public")),
        Permission::read(key("gone")),
    ] {
        client.role_grant_permission("alice", allowed).await?;
    }
    client.role_revoke_permission("alice", key("gone"), None).await?;
    let again = client.role_revoke_permission("alice", key("gone"), None).await;
    saw("Auth.RoleRevokePermission", format!("twice: {}", refusal(again)));
    let mut told = Vec::new();
    for one in client.role_get("alice").await?.permissions() {
        told.push(format!("{} to {:?}", one.key_str()?, one.range_end_str()?));
    }
    saw("Auth.RoleGet", told.join(", "));
    saw("Auth.RoleGet", format!("none: {}", refusal(client.role_get("none").await)));
    saw("Auth.UserGet", client.user_get("alice").await?.roles().join(", "));
    saw("Auth.UserGet", format!("nobody: {}", refusal(client.user_get("carol").await)));
    saw("Auth.UserGrantRole", refusal(client.user_grant_role("alice", "none").await));
    saw("Auth.UserList", client.user_list().await?.users().join(", "));
    saw("Auth.RoleList", client.role_list().await?.roles().join(", "));
    client.auth_enable().await?;
    saw("KV.Range", format!("by nobody: {}", refusal(client.get(key("a"), None).await)));
    let wrong = sign_in(endpoints, "alice", "at first").await;
    saw("Auth.Authenticate", format!("a wrong password: {}", refusal(wrong.map(|_| ()))));
    let mut root = sign_in(endpoints, "root", ROOT_PASSWORD).await?;
    root.put(key("public"), "for all", None).await?;
    let mut alice = sign_in(endpoints, "alice", ALICE_PASSWORD).await?;
    signed_in(&mut alice).await?;
    root.user_revoke_role("alice", "alice").await?;
    let late = alice.get(key("public"), None).await;
    saw("KV.Range", format!("after its role was taken: {}", refusal(late)));
    root.auth_disable().await?;
    saw("Auth.AuthDisable", "done");
    forget_users(client).await
}

/// A member that has not heard yet that nobody is asked any more may still ask.
async fn forget_users(client: &mut Client) -> Outcome<()> {
    while let Err(Error::GRpcStatus(status)) = client.user_delete("root").await {
        if status.message() != "etcdserver: user name is empty" {
            return Err(status.into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    client.user_delete("alice").await?;
    saw("Auth.UserDelete", format!("twice: {}", refusal(client.user_delete("alice").await)));
    for name in ["root", "alice"] {
        client.role_delete(name).await?;
    }
    saw("Auth.RoleDelete", format!("left: {}", client.role_list().await?.roles().len()));
    Ok(())
}

async fn sign_in(endpoints: &str, user: &str, password: &str) -> Result<Client, Error> {
    let options = ConnectOptions::new().with_user(user, password);
    Client::connect(endpoints.split(',').collect::<Vec<_>>(), Some(options)).await
}

async fn signed_in(alice: &mut Client) -> Outcome<()> {
    let options = WatchOptions::new().with_prefix();
    let mut live = alice.watch(key("alice/"), Some(options)).await?;
    live.message().await?.ok_or("the stream ended")?;
    let put = alice.put(key("alice/a"), "1", None).await?;
    let base = put.header().unwrap().revision();
    saw("Watch.Watch", format!("by its user: {}", told(&mut live, 1, base).await?));
    let own = GetOptions::new().with_prefix();
    saw("KV.Range", pairs(alice.get(key("alice/"), Some(own)).await?.kvs())?);
    saw("KV.Range", pairs(alice.get(key("public"), None).await?.kvs())?);
    let all = alice.get(PREFIX, Some(GetOptions::new().with_prefix())).await;
    saw("KV.Range", format!("of more than its keys: {}", refusal(all)));
    let put = alice.put(key("public"), "x", None).await;
    saw("KV.Put", format!("of what may only be read: {}", refusal(put)));
    let others = Txn::new().and_then([TxnOp::delete(key("public"), None)]);
    saw("KV.Txn", format!("of others' keys: {}", refusal(alice.txn(others).await)));
    let held = alice.lock(key("alice/lock"), None).await?;
    alice.unlock(held.key()).await?;
    saw("Lock.Lock", "by its user: held and given back");
    let elsewhere = alice.lock(key("lock"), None).await;
    saw("Lock.Lock", format!("elsewhere: {}", refusal(elsewhere)));
    let office = alice.user_add("mallory", "x", None).await;
    saw("Auth.UserAdd", format!("by its user: {}", refusal(office)));
    Ok(())
}

async fn story(endpoints: &str) -> Outcome<()> {
    let mut client = Client::connect(endpoints.split(',').collect::<Vec<_>>(), None).await?;
    client.delete(PREFIX, Some(DeleteOptions::new().with_prefix())).await?;
    key_value(&mut client).await?;
    transactions(&mut client).await?;
    watches(&mut client).await?;
    leases(&mut client).await?;
    locks(&mut client).await?;
    elections(&mut client).await?;
    users(&mut client, endpoints).await?;
    client.delete(PREFIX, Some(DeleteOptions::new().with_prefix())).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.as_slice() {
        [_, flag, endpoints] if flag == "--endpoints" => {
            tokio::time::timeout(PATIENCE, story(endpoints)).await?
        }
        _ => Err("usage: holdfast-clients-rust --endpoints host:port,...".into()),
    }
}
