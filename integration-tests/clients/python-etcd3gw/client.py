"""Exercises the Python package etcd3gw (the JSON gateway) against the store at the given endpoint.

It starts nothing and knows no store: it prints what it saw, a line for each observation, the call
before a tab. Two stores that behave alike make it print the same; revisions are told by their
distance for that reason. What must not be makes it fail.
"""
import argparse
import base64
import threading
import time

import etcd3gw

PREFIX = "python-etcd3gw/"
PATIENCE_SECONDS = 60


def saw(call, what):
    print(f"{call}\t{what}", flush=True)


def refusal(function, *arguments, **options):
    """What a call that must fail raises."""
    try:
        function(*arguments, **options)
    except Exception as error:  # whatever the client makes of it
        return f"{type(error).__name__} {error}".strip()
    raise AssertionError("not refused")


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def pairs(found):
    return " ".join(f"{meta['key'].decode()[len(PREFIX):]}={value.decode()}" for value, meta in found)


def revision(client):
    """The store's revision, which this client tells only in answers to transactions."""
    answer = client.transaction({"success": [{"request_range": {"key": encoded(PREFIX)}}]})
    return int(answer["header"]["revision"])


def key_value(client):
    key = PREFIX + "a"
    saw("KV.Put", f"{client.put(key, '1')} {client.put(key, '2')}")
    value, meta = client.get(key, metadata=True)[0]
    saw("KV.Range", f"{value.decode()} version {meta['version']}, "
        f"{int(meta['mod_revision']) - int(meta['create_revision'])} after its creation")
    saw("KV.Range", f"nothing: {client.get(PREFIX + 'none')}")
    for name in "bcde":
        client.put(PREFIX + name, "v" + name)
    for order in ("ascend", "descend"):
        for target in ("key", "version", "create", "mod", "value"):
            found = client.get_prefix(PREFIX, sort_order=order, sort_target=target)
            saw("KV.Range", f"by {target}, {order}: {pairs(found)}")
    found = client.get(PREFIX + "a", range_end=PREFIX + "z", limit=2, metadata=True)
    saw("KV.Range", "limited: " + pairs(found))
    everything = [meta["key"].decode() for _, meta in client.get_all()]
    saw("KV.Range", f"all keys, ours among them: {key in everything}")
    saw("KV.Range", "of the future: " + refusal(client.get, key, revision=1_000_000_000))
    saw("KV.Txn", f"created: {client.create(key, '3')} {client.create(PREFIX + 'f', '3')}")
    saw("KV.Txn", f"replaced: {client.replace(key, '1', '4')} {client.replace(key, '2', '4')}")
    saw("KV.DeleteRange", f"{client.delete(key)} {client.delete(key)}")
    saw("KV.DeleteRange", f"by prefix: {client.delete_prefix(PREFIX)} {client.get_prefix(PREFIX)}")


def transactions(client):
    key = encoded(PREFIX + "t")
    def put(value):
        return {"request_put": {"key": key, "value": encoded(value)}}
    def condition(result, target, field, value):
        return {"key": key, "result": result, "target": target, field: value}
    for name, compare in {
        "created": condition("EQUAL", "CREATE", "create_revision", 0),
        "created again": condition("EQUAL", "CREATE", "create_revision", 0),
        "value": condition("EQUAL", "VALUE", "value", encoded("created")),
        "version": condition("GREATER", "VERSION", "version", 5),
        "modified": condition("NOT_EQUAL", "MOD", "mod_revision", 0),
        "lease": condition("LESS", "LEASE", "lease", 0),
    }.items():
        answer = client.transaction({
            "compare": [compare],
            "success": [put(name), {"request_range": {"key": key}}],
            "failure": [{"request_txn": {"success": [{"request_range": {"key": key}}]}}],
        })
        responses = answer["responses"]
        found = (responses[1] if "succeeded" in answer
                 else responses[0]["response_txn"]["responses"][0])["response_range"]
        saw("KV.Txn", f"{name}: {answer.get('succeeded')} {[sorted(one) for one in responses]} "
            f"{base64.b64decode(found['kvs'][0]['value']).decode()} of {found['count']}")
    saw("KV.Txn", "the same key twice: " + refusal(
        client.transaction, {"success": [put("1"), put("2")]}))


def told(event, base):
    kv = event["kv"]
    value = kv["value"].decode() if "value" in kv else None
    return (f"{event.get('type', 'PUT')} {kv['key'].decode()[len(PREFIX):]}={value}"
            f"@{int(kv['mod_revision']) - base}")


def take(events, count, base):
    return ", ".join(told(next(events), base) for _ in range(count))


def watches(client):
    key = PREFIX + "w/"
    base = revision(client)
    live, cancel = client.watch_prefix(key, start_revision=base + 1, prev_kv=True)
    client.put(key + "a", "1")
    client.put(key + "a", "2")
    client.put(key + "b", "3")
    client.delete(key + "a")
    saw("Watch.Watch", "live: " + take(live, 4, base))
    cancel()
    resumed, cancel = client.watch_prefix(key, start_revision=base + 2)
    saw("Watch.Watch", "from a revision: " + take(resumed, 3, base))
    cancel()
    filtered, cancel = client.watch_prefix(key, start_revision=base + 1, filters=["NOPUT"])
    saw("Watch.Watch", "deletions only: " + take(filtered, 1, base))
    cancel()
    threading.Timer(0.5, client.put, (key + "c", "4")).start()
    once = client.watch_once(key + "c", timeout=PATIENCE_SECONDS, start_revision=base)
    saw("Watch.Watch", "once: " + told(once, base))
    saw("Watch.Watch", "once, nothing: " + refusal(client.watch_once, key + "none", timeout=0.2))


def leases(client):
    key = PREFIX + "l"
    lease = client.lease(60)
    client.put(key, "leased", lease=lease)
    saw("Lease.LeaseTimeToLive", f"{0 < int(lease.ttl()) <= 60}, keys {lease.keys()}")
    saw("Lease.LeaseKeepAlive", f"{lease.refresh()} s")
    saw("Lease.LeaseRevoke", f"{lease.revoke()}, its key is gone: {client.get(key)}")
    saw("Lease.LeaseRevoke", "again: " + refusal(lease.revoke))
    saw("KV.Put", "with a lease that is gone: " + refusal(client.put, key, "x", lease=lease))
    short = client.lease(2)
    client.put(key, "kept", lease=short)
    begin = time.monotonic()
    while time.monotonic() - begin < 5:
        assert int(short.refresh()) == 2
        time.sleep(0.5)
    saw("Lease.LeaseKeepAlive", f"kept beyond its time: {client.get(key)[0].decode()}")
    ended = client.watch_once(key, timeout=PATIENCE_SECONDS)
    saw("Lease.LeaseKeepAlive", f"left alone: {ended['type']}")


def locks(client):
    holder, second = client.lock(PREFIX + "lock", ttl=60), client.lock(PREFIX + "lock", ttl=60)
    saw("recipe: lock", f"acquired {holder.acquire()} {holder.is_acquired()}, "
        f"refreshed for {holder.refresh()} s")
    saw("recipe: lock", f"somebody else {second.acquire()} {second.is_acquired()}")
    saw("recipe: lock", f"released {holder.release()} {holder.is_acquired()}")
    with second:
        saw("recipe: lock", f"in a context {second.is_acquired()}")
    saw("recipe: lock", f"left {second.is_acquired()}")


def cluster(client):
    members = list(client.members())
    whole = all(m["name"] and len(m["peerURLs"]) == 1 and len(m["clientURLs"]) == 1 for m in members)
    saw("Cluster.MemberList", f"name and URLs {whole}")
    status = client.status()
    saw("Maintenance.Status", f"version {bool(status['version'])}, size {int(status['dbSize']) > 0}, "
        f"leader a member {status['leader'] in [m['ID'] for m in members]}, "
        f"term {int(status['raftTerm']) > 0}, index {int(status['raftIndex']) > 0}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--endpoints", required=True, help="host:port, the first is used")
    host, port = arguments.parse_args().endpoints.split(",")[0].split(":")
    # No path of the API is given: the client asks for the version and chooses.
    client = etcd3gw.client(host=host, port=int(port), timeout=PATIENCE_SECONDS, api_path=None)
    saw("version", f"path of the API: {client.api_path}")
    client.delete_prefix(PREFIX)
    for chapter in (key_value, transactions, watches, leases, locks, cluster):
        chapter(client)
    client.delete_prefix(PREFIX)


main()
