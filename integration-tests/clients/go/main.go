// Exercises etcd's Go client and its concurrency package against the store at the given endpoints.
//
// It starts nothing and knows no store: it prints what it saw, a line for each observation, the
// call before a tab. Two stores that behave alike make it print the same; revisions and lease ids
// are told by their distance for that reason. What must not be makes it fail.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/namespace"
	"go.uber.org/zap"
)

const (
	patience = 60 * time.Second
	// Before the call in observations that an older etcd does not allow: they are made, and compared,
	// where the store says that it is new enough.
	since35 = "since 3.5: "
)

// run is what every chapter of the story works with.
type run struct {
	ctx       context.Context
	client    *clientv3.Client
	endpoints []string
	prefix    string
	is35      bool
}

func main() {
	endpoints := flag.String("endpoints", "", "host:port of the members, comma-separated")
	flag.Parse()
	if *endpoints == "" {
		log.Fatal("--endpoints=host:port,... is missing")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	list := strings.Split(*endpoints, ",")
	client := connect(list)
	defer client.Close()
	r := &run{ctx, client, list, "go/", is35(ctx, client, list[0])}
	_, err := client.Delete(ctx, r.prefix, clientv3.WithPrefix())
	must(err)
	for _, chapter := range []func(*run){
		keyValue, transactions, history, watches, leases, recipes, services, transactional, cluster, maintenance,
		users,
	} {
		chapter(r)
	}
	_, err = client.Delete(ctx, r.prefix, clientv3.WithPrefix())
	must(err)
}

func connect(endpoints []string) *clientv3.Client {
	client, err := clientv3.New(clientv3.Config{Endpoints: endpoints, DialTimeout: patience, Logger: zap.NewNop()})
	must(err)
	return client
}

func is35(ctx context.Context, client *clientv3.Client, endpoint string) bool {
	status, err := client.Status(ctx, endpoint)
	must(err)
	var major, minor int
	_, err = fmt.Sscanf(status.Version, "%d.%d.", &major, &minor)
	must(err)
	return major > 3 || major == 3 && minor >= 5
}

// saw prints one observation.
func saw(call, format string, values ...any) {
	fmt.Printf("%s\t%s\n", call, fmt.Sprintf(format, values...))
}

func must(err error) {
	if err != nil {
		fail("unexpected: %v", err)
	}
}

func require(holds bool, format string, values ...any) {
	if !holds {
		fail(format, values...)
	}
}

func fail(format string, values ...any) {
	log.Output(3, "FAILED: "+fmt.Sprintf(format, values...))
	os.Exit(1)
}

func keyValue(r *run) {
	ctx, kv := r.ctx, namespace.NewKV(r.client.KV, r.prefix)
	put, err := kv.Put(ctx, "a", "1")
	must(err)
	again, err := kv.Put(ctx, "a", "2", clientv3.WithPrevKV())
	must(err)
	saw("KV.Put", "previous %s of %s, %d revision later", again.PrevKv.Value, again.PrevKv.Key,
		again.Header.Revision-put.Header.Revision)
	_, err = kv.Put(ctx, "none", "", clientv3.WithIgnoreValue())
	saw("KV.Put", "keeping the value of no key: %v %v", err, err == rpctypes.ErrKeyNotFound)
	_, err = kv.Put(ctx, "none", "", clientv3.WithLease(4711))
	saw("KV.Put", "with a lease that is not: %v %v", err, err == rpctypes.ErrLeaseNotFound)
	for _, key := range []string{"b", "c", "d", "e"} {
		_, err = kv.Put(ctx, key, "v"+key)
		must(err)
	}
	get, err := kv.Get(ctx, "a")
	must(err)
	saw("KV.Range", "%s version %d, created %d before, modified %d before", get.Kvs[0].Value,
		get.Kvs[0].Version, get.Header.Revision-get.Kvs[0].CreateRevision,
		get.Header.Revision-get.Kvs[0].ModRevision)
	settle(r)
	ranges := map[string][]clientv3.OpOption{
		"1 sorted, limited":       {clientv3.WithRange("z"), clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend), clientv3.WithLimit(2)},
		"2 by modification":       {clientv3.WithRange("z"), clientv3.WithSort(clientv3.SortByModRevision, clientv3.SortAscend)},
		"3 keys only":             {clientv3.WithRange("c"), clientv3.WithKeysOnly()},
		"4 count only":            {clientv3.WithRange("z"), clientv3.WithCountOnly()},
		"5 up to a key":           {clientv3.WithRange("d")},
		"6 serializable":          {clientv3.WithRange("z"), clientv3.WithSerializable(), clientv3.WithLimit(1)},
		"7 at an old revision":    {clientv3.WithRange("z"), clientv3.WithRev(put.Header.Revision)},
		"8 modified since":        {clientv3.WithRange("z"), clientv3.WithMinModRev(again.Header.Revision + 1)},
		"9 created until the 2nd": {clientv3.WithRange("z"), clientv3.WithMaxCreateRev(again.Header.Revision)},
	}
	for _, name := range sortedKeys(ranges) {
		get, err := kv.Get(ctx, "a", ranges[name]...)
		must(err)
		saw("KV.Range", "%s: %s of %d, more %t", name[2:], pairs(get.Kvs), get.Count, get.More)
	}
	get, err = kv.Get(ctx, "d", clientv3.WithFromKey())
	must(err)
	saw("KV.Range", "from a key: %s", pairs(get.Kvs))
	_, err = kv.Get(ctx, "a", clientv3.WithRev(put.Header.Revision+1_000_000))
	saw("KV.Range", "of the future: %v %v", err, err == rpctypes.ErrFutureRev)
	deleted, err := kv.Delete(ctx, "d", clientv3.WithPrefix(), clientv3.WithPrevKV())
	must(err)
	saw("KV.DeleteRange", "%d: %s", deleted.Deleted, pairs(deleted.PrevKvs))
	deleted, err = kv.Delete(ctx, "none")
	must(err)
	saw("KV.DeleteRange", "nothing: %d", deleted.Deleted)
}

func transactions(r *run) {
	ctx, kv := r.ctx, namespace.NewKV(r.client.KV, r.prefix)
	branch := func(name string, compare ...clientv3.Cmp) {
		answer, err := kv.Txn(ctx).If(compare...).
			Then(clientv3.OpPut("t", name), clientv3.OpGet("t"), clientv3.OpDelete("u", clientv3.WithPrevKV())).
			Else(clientv3.OpGet("", clientv3.WithPrefix(), clientv3.WithCountOnly()),
				clientv3.OpTxn(nil, []clientv3.Op{clientv3.OpGet("a")}, nil)).
			Commit()
		must(err)
		if answer.Succeeded {
			saw("KV.Txn", "%s: then, wrote %s", name, pairs(answer.Responses[1].GetResponseRange().Kvs))
			return
		}
		nested := answer.Responses[1].GetResponseTxn()
		saw("KV.Txn", "%s: else, %d keys, nested %t %s", name, answer.Responses[0].GetResponseRange().Count,
			nested.Succeeded, nested.Responses[0].GetResponseRange().Kvs[0].Value)
	}
	branch("created", clientv3.Compare(clientv3.CreateRevision("t"), "=", 0))
	branch("created again", clientv3.Compare(clientv3.CreateRevision("t"), "=", 0))
	branch("value", clientv3.Compare(clientv3.Value("t"), "=", "created"), clientv3.Compare(clientv3.Version("t"), "<", 2))
	branch("version", clientv3.Compare(clientv3.Version("t"), ">", 5))
	branch("lease", clientv3.Compare(clientv3.LeaseValue("t"), "!=", 0))
	branch("range", clientv3.Compare(clientv3.ModRevision("a"), ">", 0).WithRange("d"))
	_, err := kv.Txn(ctx).Then(clientv3.OpPut("t", "1"), clientv3.OpPut("t", "2")).Commit()
	saw("KV.Txn", "the same key twice: %v %v", err, err == rpctypes.ErrDuplicateKey)
}

func history(r *run) {
	ctx, kv := r.ctx, namespace.NewKV(r.client.KV, r.prefix)
	old, err := kv.Put(ctx, "h", "old")
	must(err)
	last, err := kv.Put(ctx, "h", "new")
	must(err)
	_, err = r.client.Compact(ctx, last.Header.Revision, clientv3.WithCompactPhysical())
	must(err)
	saw("KV.Compact", "done")
	_, err = kv.Get(ctx, "h", clientv3.WithRev(old.Header.Revision))
	saw("KV.Range", "of a compacted revision: %v %v", err, err == rpctypes.ErrCompacted)
	_, err = r.client.Compact(ctx, old.Header.Revision)
	saw("KV.Compact", "once more: %v %v", err, err == rpctypes.ErrCompacted)
}

func cluster(r *run) {
	members, err := r.client.MemberList(r.ctx)
	must(err)
	named := 0
	for _, member := range members.Members {
		if member.Name != "" && len(member.ClientURLs) == 1 && len(member.PeerURLs) == 1 && !member.IsLearner {
			named++
		}
	}
	require(named == len(r.endpoints), "members %v for %v", members.Members, r.endpoints)
	saw("Cluster.MemberList", "all members with name and URLs")
	must(r.client.Sync(r.ctx))
	require(len(r.client.Endpoints()) == len(r.endpoints), "synced to %v", r.client.Endpoints())
	saw("Cluster.MemberList", "the client found its endpoints in the list")
	_, err = r.client.MemberRemove(r.ctx, 4711)
	saw("Cluster.MemberRemove", "nobody: %v %v", err, err == rpctypes.ErrMemberNotFound)
}

func maintenance(r *run) {
	leaders := 0
	var hash uint32
	for i, endpoint := range r.endpoints {
		status, err := r.client.Status(r.ctx, endpoint)
		must(err)
		require(status.Version != "" && status.DbSize > 0 && status.RaftTerm > 0 && status.RaftIndex > 0,
			"status %v", status)
		if status.Leader == status.Header.MemberId {
			leaders++
		}
		// A linearizable read through this member, so that it has applied what came before.
		must(caughtUp(r, endpoint))
		hashed, err := r.client.HashKV(r.ctx, endpoint, 0)
		must(err)
		require(i == 0 || hashed.Hash == hash, "hashes %d and %d", hash, hashed.Hash)
		hash = hashed.Hash
		_, err = r.client.Defragment(r.ctx, endpoint)
		must(err)
	}
	saw("Maintenance.Status", "complete, %d leader", leaders)
	saw("Maintenance.HashKV", "the same on all members")
	saw("Maintenance.Defragment", "done")
	alarms, err := r.client.AlarmList(r.ctx)
	must(err)
	saw("Maintenance.Alarm", "%d alarms", len(alarms.Alarms))
	_, err = r.client.MoveLeader(r.ctx, 4711)
	saw("Maintenance.MoveLeader", "to nobody: refused %t", err != nil)
	snapshot, err := r.client.Snapshot(r.ctx)
	must(err)
	size := 0
	buffer := make([]byte, 64*1024)
	for {
		n, err := snapshot.Read(buffer)
		size += n
		if err != nil {
			require(err.Error() == "EOF", "snapshot: %v", err)
			break
		}
	}
	must(snapshot.Close())
	require(size > 0, "empty snapshot")
	saw("Maintenance.Snapshot", "read to its end")
}

// settle waits until every member has applied what was written so far: a client of several members
// asks now one and now another, and what need not ask the leader may be answered by one that lags.
func settle(r *run) {
	for _, endpoint := range r.endpoints {
		must(caughtUp(r, endpoint))
	}
}

func caughtUp(r *run, endpoint string) error {
	client := connect([]string{endpoint})
	defer client.Close()
	_, err := client.Get(r.ctx, r.prefix)
	return err
}
