"""Exercises the Python package etcd3 (gRPC) against the store at the given endpoint.

It starts nothing and knows no store: it prints what it saw, a line for each observation, the call
before a tab. Two stores that behave alike make it print the same; revisions are told by their
distance for that reason. What must not be makes it fail.
"""
import argparse
import io
import queue
import threading
import time

import etcd3
import etcd3.etcdrpc as rpc
from etcd3 import exceptions

PREFIX = "python-etcd3/"
PATIENCE_SECONDS = 60
ROOT_PASSWORD = "the roots' own"
ALICE_PASSWORD = "down the hole"


def saw(call, what):
    print(f"{call}\t{what}", flush=True)


def refusal(function, *arguments, **options):
    """What a call that must fail raises."""
    try:
        function(*arguments, **options)
    except Exception as error:  # whatever the client makes of it
        cause = error.__cause__ or error.__context__ or error
        details = cause.details() if hasattr(cause, "details") else ""
        return f"{type(error).__name__} {details}".strip()
    raise AssertionError("not refused")


def pairs(answers):
    return " ".join(f"{meta.key.decode()[len(PREFIX):]}={value.decode()}" for value, meta in answers)


def key_value(client):
    key = PREFIX + "a"
    first = client.put(key, "1")
    second = client.put(key, "2", prev_kv=True)
    saw("KV.Put", f"previous {second.prev_kv.value.decode()}, "
        f"{second.header.revision - first.header.revision} revision later")
    saw("KV.Put", "with a lease that is not: " + refusal(client.put, key, "x", lease=4711))
    value, meta = client.get(key)
    saw("KV.Range", f"{value.decode()} version {meta.version}, "
        f"{meta.mod_revision - meta.create_revision} after its creation")
    saw("KV.Range", f"nothing: {client.get(PREFIX + 'none')}")
    saw("KV.Range", f"serializable: {client.get(key, serializable=True)[0].decode()}")
    for name in "bcde":
        client.put(PREFIX + name, "v" + name)
    for order in ("ascend", "descend"):
        for target in ("key", "version", "create", "mod", "value"):
            found = client.get_prefix(PREFIX, sort_order=order, sort_target=target)
            saw("KV.Range", f"by {target}, {order}: {pairs(found)}")
    found = client.get_prefix(PREFIX, keys_only=True)
    saw("KV.Range", "keys only: " + pairs(found))
    found = client.get_range(PREFIX + "b", PREFIX + "d")
    saw("KV.Range", "a range: " + pairs(found))
    response = client.get_prefix_response(PREFIX)
    saw("KV.Range", f"{response.count} of {len(response.kvs)}, more {response.more}")
    everything = [meta.key.decode() for _, meta in client.get_all()]
    saw("KV.Range", f"all keys, ours among them: {key in everything}")
    saw("KV.Txn", f"put if not exists: {client.put_if_not_exists(key, '3')} "
        f"{client.put_if_not_exists(PREFIX + 'f', '3')}")
    saw("KV.Txn", f"replace: {client.replace(key, '1', '4')} {client.replace(key, '2', '4')}")
    saw("KV.DeleteRange", f"{client.delete(key)} {client.delete(key)}")
    gone = client.delete(PREFIX + "b", prev_kv=True, return_response=True)
    saw("KV.DeleteRange", f"{gone.deleted}: {gone.prev_kvs[0].value.decode()}")
    saw("KV.DeleteRange", f"by prefix: {client.delete_prefix(PREFIX).deleted}")


def transactions(client):
    key, other = PREFIX + "t", PREFIX + "u"
    client.put(key, "1")
    of = client.transactions
    conditions = {
        "value": [of.value(key) == "1"],
        "version": [of.version(key) > 0, of.version(other) == 0],
        "created": [of.create(key) == 0],
        "modified": [of.mod(key) != 0],
        "less": [of.version(key) < 1],
    }
    for name, compare in conditions.items():
        held, answers = client.transaction(
            compare=compare,
            success=[of.put(key, "1"), of.get(key)],
            failure=[of.get(key), of.delete(PREFIX + "v", prev_kv=True),
                     of.txn([of.value(key) == "1"], [of.put(other, name)], [])],
        )
        ranges = [pairs(answer) for answer in answers if isinstance(answer, list)]
        saw("KV.Txn", f"{name}: {held} {ranges}")
    saw("KV.Txn", "the same key twice: " + refusal(
        client.transaction, compare=[], success=[of.put(key, "1"), of.put(key, "2")], failure=[]))


def told(event, base):
    return (f"{type(event).__name__} {event.key.decode()[len(PREFIX):]}={event.value.decode()}"
            f"@{event.mod_revision - base}")


def take(events, count, base):
    return ", ".join(told(next(events), base) for _ in range(count))


def watches(client):
    key = PREFIX + "w/"
    # The client answers only once the watch is created, so nothing that follows is missed.
    live, cancel = client.watch_prefix(key, prev_kv=True)
    base = client.put(key + "a", "1").header.revision
    client.put(key + "a", "2")
    client.put(key + "b", "3")
    client.delete(key + "a")
    saw("Watch.Watch", "live: " + take(live, 4, base))
    cancel()
    saw("Watch.Watch", f"cancelled, nothing more: {list(live) == []}")
    resumed, cancel = client.watch_prefix(key, start_revision=base + 1)
    saw("Watch.Watch", "from a revision: " + take(resumed, 3, base))
    cancel()
    arrived = queue.Queue()
    number = client.add_watch_callback(key + "c", arrived.put)
    client.put(key + "c", "4")
    response = arrived.get(timeout=PATIENCE_SECONDS)
    saw("Watch.Watch", f"called back: {told(response.events[0], base)}")
    client.cancel_watch(number)
    threading.Timer(0.5, client.put, (key + "d", "5")).start()
    saw("Watch.Watch", "once: " + told(client.watch_once(key + "d", timeout=PATIENCE_SECONDS), base))
    saw("Watch.Watch", "once, nothing: " + refusal(client.watch_once, key + "none", timeout=0.2))
    client.compact(base + 2, physical=True)
    saw("KV.Compact", "done")
    saw("KV.Compact", "once more: " + refusal(client.compact, base))
    lost, _ = client.watch_prefix(key, start_revision=base)
    try:
        next(lost)
        raise AssertionError("a watch of compacted history reports")
    except exceptions.RevisionCompactedError as error:
        saw("Watch.Watch", f"of compacted history: from {error.compacted_revision - base} on")


def leases(client):
    key = PREFIX + "l"
    lease = client.lease(60)
    client.put(key, "leased", lease=lease)
    saw("Lease.LeaseGrant", f"{lease.granted_ttl} s")
    saw("Lease.LeaseTimeToLive", f"{0 < lease.remaining_ttl <= 60}, keys {lease.keys}")
    saw("Lease.LeaseKeepAlive", f"{[answer.TTL for answer in lease.refresh()]} s")
    saw("Lease.LeaseGrant", "its id again: " + refusal(client.lease, 60, lease.id))
    lease.revoke()
    saw("Lease.LeaseRevoke", f"its key is gone: {client.get(key)}")
    saw("Lease.LeaseRevoke", "again: " + refusal(client.revoke_lease, lease.id))
    short = client.lease(2)
    client.put(key, "kept", lease=short)
    begin = time.monotonic()
    while time.monotonic() - begin < 5:
        assert [answer.TTL for answer in short.refresh()] == [2]
        time.sleep(0.5)
    saw("Lease.LeaseKeepAlive", f"kept beyond its time: {client.get(key)[0].decode()}")
    ended, cancel = client.watch(key)
    saw("Lease.LeaseKeepAlive", f"left alone: {type(next(ended)).__name__}")
    cancel()


def locks(client):
    holder, second = client.lock(PREFIX + "lock", ttl=60), client.lock(PREFIX + "lock", ttl=60)
    saw("recipe: lock", f"acquired {holder.acquire()} {holder.is_acquired()}, "
        f"refreshed for {[answer.TTL for answer in holder.refresh()]} s")
    saw("recipe: lock", f"somebody else {second.acquire(timeout=0.5)} {second.is_acquired()}")
    threading.Timer(0.5, holder.release).start()
    saw("recipe: lock", f"waited for {second.acquire(timeout=PATIENCE_SECONDS)}")
    with_context = client.lock(PREFIX + "lock", ttl=60)
    second.release()
    with with_context:
        saw("recipe: lock", f"in a context {with_context.is_acquired()}")
    saw("recipe: lock", f"left {with_context.is_acquired()}")


def cluster(client):
    members = list(client.members)
    whole = all(m.name and len(m.peer_urls) == 1 and len(m.client_urls) == 1 for m in members)
    saw("Cluster.MemberList", f"name and URLs {whole}")
    saw("Cluster.MemberRemove", "nobody: " + refusal(client.remove_member, 4711))
    status = client.status()
    saw("Maintenance.Status", f"version {bool(status.version)}, size {status.db_size > 0}, "
        f"leader a member {status.leader.id in [m.id for m in members]}, "
        f"term {status.raft_term > 0}, index {status.raft_index > 0}")
    saw("Maintenance.Hash", f"{client.hash() > 0}")
    client.defragment()
    saw("Maintenance.Defragment", "done")
    saw("Maintenance.Alarm", f"{len(list(client.list_alarms()))} alarms")
    saw("Maintenance.Alarm", f"raised {len(client.create_alarm())}")
    saw("KV.Put", "without space: " + refusal(client.put, PREFIX + "x", "x"))
    saw("Maintenance.Alarm", f"disarmed {len(client.disarm_alarm())}, left {len(list(client.list_alarms()))}")
    snapshot = io.BytesIO()
    client.snapshot(snapshot)
    saw("Maintenance.Snapshot", f"read to its end {snapshot.tell() > 0}")


def users(client):
    """Signs in. It leaves a store without users; while it runs, everybody else is refused."""
    # The package has no calls for users and roles, but their stubs.
    office = rpc.AuthStub(client.channel)
    own, public = f"{PREFIX}alice/", f"{PREFIX}public"
    for name, password in (("root", ROOT_PASSWORD), ("alice", ALICE_PASSWORD)):
        office.UserAdd(rpc.AuthUserAddRequest(name=name, password=password))
        office.RoleAdd(rpc.AuthRoleAddRequest(name=name))
        office.UserGrantRole(rpc.AuthUserGrantRoleRequest(user=name, role=name))
    for key, end, kind in ((own, own[:-1] + "0", "READWRITE"), (public, "", "READ")):
        office.RoleGrantPermission(rpc.AuthRoleGrantPermissionRequest(
            name="alice", perm={"permType": kind, "key": key.encode(), "range_end": end.encode()}))
    office.AuthEnable(rpc.AuthEnableRequest())
    saw("KV.Range", "by nobody: " + refusal(client.get, own))
    saw("KV.Put", "by nobody: " + refusal(client.put, own, "x"))
    saw("Auth.Authenticate", "with a wrong password: " + refusal(sign_in, client, "alice", "x"))
    root = sign_in(client, "root", ROOT_PASSWORD)
    root.put(public, "for all")
    alice = sign_in(client, "alice", ALICE_PASSWORD)
    signed_in(alice, own, public)
    rpc.AuthStub(root.channel).AuthDisable(rpc.AuthDisableRequest(), metadata=root.metadata)
    saw("Auth.AuthDisable", f"by anybody: {client.get(public)[0].decode()}")
    for name in ("root", "alice"):
        office.UserDelete(rpc.AuthUserDeleteRequest(name=name))
        office.RoleDelete(rpc.AuthRoleDeleteRequest(role=name))
    saw("Auth.UserList", f"left: {list(office.UserList(rpc.AuthUserListRequest()).users)}")


def sign_in(client, user, password):
    host, port = client._url.split(":")
    signed = etcd3.client(
        host=host, port=int(port), timeout=PATIENCE_SECONDS, user=user, password=password)
    # It hands the token to gRPC twice, and gRPC refuses one of the ways without TLS.
    signed.call_credentials = None
    signed.watcher = etcd3.watch.Watcher(
        rpc.WatchStub(signed.channel), timeout=PATIENCE_SECONDS, metadata=signed.metadata)
    return signed


def signed_in(alice, own, public):
    key = own + "a"
    events, cancel = alice.watch_prefix(own)
    alice.put(key, "1")
    saw("Watch.Watch", f"by its user: {next(events).value.decode()}")
    cancel()
    saw("KV.Range", f"by its user: {pairs(alice.get_prefix(own))}, {alice.get(public)[0].decode()}")
    saw("KV.Range", "of more than its keys: " + refusal(lambda: list(alice.get_prefix(PREFIX))))
    saw("KV.Put", "of what may only be read: " + refusal(alice.put, public, "x"))
    saw("KV.Put", "that reads, too: " + refusal(alice.put, public, "x", prev_kv=True))
    saw("KV.Txn", f"by its user: {alice.replace(key, '1', '2')}")
    saw("KV.Txn", "of others' keys: " + refusal(alice.replace, public, "for all", "x"))
    saw("KV.DeleteRange", "of more than its keys: " + refusal(alice.delete_prefix, PREFIX))
    lease = alice.lease(60)
    alice.put(own + "l", "leased", lease=lease)
    saw("Lease.LeaseKeepAlive", f"by its user: {[answer.TTL for answer in lease.refresh()]} s")
    lease.revoke()
    saw("Lease.LeaseRevoke", f"by its user: {alice.get(own + 'l')[0]}")
    saw("Cluster.MemberRemove", "by its user: " + refusal(alice.remove_member, 4711))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--endpoints", required=True, help="host:port, the first is used")
    host, port = arguments.parse_args().endpoints.split(",")[0].split(":")
    with etcd3.client(host=host, port=int(port), timeout=PATIENCE_SECONDS) as client:
        client.delete_prefix(PREFIX)
        for chapter in (key_value, transactions, watches, leases, locks, cluster, users):
            chapter(client)
        client.delete_prefix(PREFIX)


main()
