package main

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

func watches(r *run) {
	ctx, stop := context.WithCancel(r.ctx)
	key := r.prefix + "w/"
	live := r.client.Watch(ctx, key, clientv3.WithPrefix(), clientv3.WithPrevKV(), clientv3.WithCreatedNotify())
	first := next(live)
	require(first.Created, "no notice of creation: %v", first)
	saw("Watch.Watch", "created")
	begin, err := r.client.Put(r.ctx, key+"a", "1")
	must(err)
	_, err = r.client.Put(r.ctx, key+"a", "2")
	must(err)
	_, err = r.client.Txn(r.ctx).Then(clientv3.OpPut(key+"b", "3"), clientv3.OpDelete(key+"a")).Commit()
	must(err)
	saw("Watch.Watch", "live: %s", events(live, 4, begin.Header.Revision))
	must(r.client.RequestProgress(ctx))
	progress := next(live)
	require(progress.IsProgressNotify(), "no progress: %v", progress)
	saw("Watch.WatchProgress", "at %d", progress.Header.Revision-begin.Header.Revision)
	stop()
	// Its channel ends with its context.
	for range live {
	}
	saw("Watch.Watch", "ended with its context")

	again, cancel := context.WithCancel(r.ctx)
	resumed := r.client.Watch(again, key, clientv3.WithPrefix(), clientv3.WithRev(begin.Header.Revision+1))
	saw("Watch.Watch", "from a revision: %s", events(resumed, 3, begin.Header.Revision))
	filtered := r.client.Watch(again, key, clientv3.WithPrefix(), clientv3.WithRev(begin.Header.Revision),
		clientv3.WithFilterPut())
	saw("Watch.Watch", "deletions only: %s", events(filtered, 1, begin.Header.Revision))
	fragmented := r.client.Watch(again, key, clientv3.WithPrefix(), clientv3.WithRev(begin.Header.Revision),
		clientv3.WithFragment())
	saw("Watch.Watch", "in fragments where large: %s", events(fragmented, 4, begin.Header.Revision))
	cancel()

	_, err = r.client.Compact(r.ctx, begin.Header.Revision+2)
	must(err)
	settle(r)
	lost := next(r.client.Watch(r.ctx, key, clientv3.WithPrefix(), clientv3.WithRev(begin.Header.Revision)))
	saw("Watch.Watch", "of compacted history: %v, from %d on", lost.Err(), lost.CompactRevision-begin.Header.Revision)
	require(lost.Err() == rpctypes.ErrCompacted && lost.Canceled, "%v", lost)
	needsLeader := next(r.client.Watch(clientv3.WithRequireLeader(r.ctx), key+"b",
		clientv3.WithRev(begin.Header.Revision+2)))
	saw("Watch.Watch", "where a leader is required: %d event", len(needsLeader.Events))
}

func leases(r *run) {
	key := r.prefix + "l"
	granted, err := r.client.Grant(r.ctx, 60)
	must(err)
	saw("Lease.LeaseGrant", "for %d s", granted.TTL)
	_, err = r.client.Put(r.ctx, key, "leased", clientv3.WithLease(granted.ID))
	must(err)
	alive, err := r.client.TimeToLive(r.ctx, granted.ID, clientv3.WithAttachedKeys())
	must(err)
	require(alive.TTL > 0 && alive.TTL <= 60, "time to live %d", alive.TTL)
	saw("Lease.LeaseTimeToLive", "granted for %d s with %s", alive.GrantedTTL, alive.Keys)
	settle(r)
	list, err := r.client.Leases(r.ctx)
	must(err)
	found := false
	for _, lease := range list.Leases {
		found = found || lease.ID == granted.ID
	}
	saw("Lease.LeaseLeases", "it is among them: %t", found)
	once, err := r.client.KeepAliveOnce(r.ctx, granted.ID)
	must(err)
	saw("Lease.LeaseKeepAlive", "once: %d s", once.TTL)
	_, err = r.client.Revoke(r.ctx, granted.ID)
	must(err)
	gone, err := r.client.Get(r.ctx, key)
	must(err)
	saw("Lease.LeaseRevoke", "%d keys left", gone.Count)
	_, err = r.client.Revoke(r.ctx, granted.ID)
	saw("Lease.LeaseRevoke", "again: %v %v", err, err == rpctypes.ErrLeaseNotFound)
	_, err = r.client.KeepAliveOnce(r.ctx, granted.ID)
	saw("Lease.LeaseKeepAlive", "a lease that is gone: %v %v", err, err == rpctypes.ErrLeaseNotFound)
	keptAlive(r, key)
}

// keptAlive: a lease outlives its time while it is kept alive, and ends by itself afterwards.
func keptAlive(r *run, key string) {
	short, err := r.client.Grant(r.ctx, 2)
	must(err)
	put, err := r.client.Put(r.ctx, key, "kept", clientv3.WithLease(short.ID))
	must(err)
	ctx, stop := context.WithCancel(r.ctx)
	kept, err := r.client.KeepAlive(ctx, short.ID)
	must(err)
	begin := time.Now()
	answers := 0
	for time.Since(begin) < 5*time.Second {
		answer := <-kept
		require(answer != nil && answer.TTL == 2, "keep-alive answered %v", answer)
		answers++
	}
	require(answers >= 3, "%d answers in 5 s", answers)
	get, err := r.client.Get(r.ctx, key)
	must(err)
	saw("Lease.LeaseKeepAlive", "stream: %s kept beyond its time", pairs(get.Kvs))
	stop()
	events := next(r.client.Watch(r.ctx, key, clientv3.WithRev(put.Header.Revision+1)))
	saw("Lease.LeaseKeepAlive", "left alone: %s", events.Events[0].Type)
}

func next(watch clientv3.WatchChan) clientv3.WatchResponse {
	select {
	case answer, open := <-watch:
		require(open, "the watch has ended")
		return answer
	case <-time.After(patience):
		fail("nothing came within %v", patience)
		panic("unreachable")
	}
}

// events tells so many events, whatever the messages they come in.
func events(watch clientv3.WatchChan, wanted int, base int64) string {
	var told []string
	for len(told) < wanted {
		answer := next(watch)
		must(answer.Err())
		for _, event := range answer.Events {
			text := fmt.Sprintf("%s %s@%d v%d", event.Type, pairs([]*mvccpb.KeyValue{event.Kv}),
				event.Kv.ModRevision-base, event.Kv.Version)
			if event.PrevKv != nil {
				text += " was " + string(event.PrevKv.Value)
			}
			told = append(told, text)
		}
	}
	require(len(told) == wanted, "more than %d events: %v", wanted, told)
	return strings.Join(told, ", ")
}

func pairs(kvs []*mvccpb.KeyValue) string {
	var told []string
	for _, kv := range kvs {
		told = append(told, string(kv.Key)+"="+string(kv.Value))
	}
	return strings.Join(told, " ")
}

func sortedKeys[T any](all map[string]T) []string {
	var keys []string
	for key := range all {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
