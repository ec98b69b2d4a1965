package main

import (
	"context"
	"strconv"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

func session(r *run) *concurrency.Session {
	session, err := concurrency.NewSession(connect(r.endpoints), concurrency.WithTTL(5), concurrency.WithContext(r.ctx))
	must(err)
	return session
}

func end(session *concurrency.Session) {
	must(session.Close())
	must(session.Client().Close())
}

func recipes(r *run) {
	locks(r)
	elections(r)
}

func locks(r *run) {
	one, two := session(r), session(r)
	defer end(two)
	first := concurrency.NewMutex(one, r.prefix+"lock")
	second := concurrency.NewMutex(two, r.prefix+"lock")
	must(first.Lock(r.ctx))
	saw("concurrency.Mutex", "locked")
	err := second.TryLock(r.ctx)
	saw("concurrency.Mutex", "somebody else tries: %v %t", err, err == concurrency.ErrLocked)
	owner, err := r.client.Txn(r.ctx).If(first.IsOwner()).Then(clientv3.OpPut(r.prefix+"fenced", "1")).Commit()
	must(err)
	saw("concurrency.Mutex", "its owner writes: %t", owner.Succeeded)
	waited := make(chan error)
	go func() { waited <- second.Lock(r.ctx) }()
	inLine(r, r.prefix+"lock/", 2)
	// The holder's session ends, and its lock with it.
	end(one)
	must(<-waited)
	stale, err := r.client.Txn(r.ctx).If(first.IsOwner()).Then(clientv3.OpPut(r.prefix+"fenced", "2")).Commit()
	must(err)
	saw("concurrency.Mutex", "the next one holds it, the last one writes: %t", stale.Succeeded)
	must(second.Unlock(r.ctx))
	contended(r)
}

// contended: many sessions count under one lock, and none is lost.
func contended(r *run) {
	const sessions, rounds = 4, 5
	key := r.prefix + "count"
	var all sync.WaitGroup
	for range sessions {
		all.Add(1)
		go func() {
			defer all.Done()
			own := session(r)
			defer end(own)
			mutex := concurrency.NewMutex(own, r.prefix+"counter")
			for range rounds {
				must(mutex.Lock(r.ctx))
				count := 0
				get, err := own.Client().Get(r.ctx, key)
				must(err)
				if get.Count > 0 {
					count, err = strconv.Atoi(string(get.Kvs[0].Value))
					must(err)
				}
				_, err = own.Client().Put(r.ctx, key, strconv.Itoa(count+1))
				must(err)
				must(mutex.Unlock(r.ctx))
			}
		}()
	}
	all.Wait()
	get, err := r.client.Get(r.ctx, key)
	must(err)
	saw("concurrency.Mutex", "%d sessions counted to %s", sessions, get.Kvs[0].Value)
}

func inLine(r *run, prefix string, wanted int64) {
	for {
		get, err := r.client.Get(r.ctx, prefix, clientv3.WithPrefix(), clientv3.WithCountOnly())
		must(err)
		if get.Count == wanted {
			return
		}
	}
}

func elections(r *run) {
	one, two, observer := session(r), session(r), session(r)
	defer end(one)
	defer end(observer)
	office := r.prefix + "office"
	first, second := concurrency.NewElection(one, office), concurrency.NewElection(two, office)
	_, err := first.Leader(r.ctx)
	saw("concurrency.Election", "nobody leads: %v %t", err, err == concurrency.ErrElectionNoLeader)
	ctx, stop := context.WithCancel(r.ctx)
	defer stop()
	observed := concurrency.NewElection(observer, office).Observe(ctx)
	must(first.Campaign(r.ctx, "first"))
	saw("concurrency.Election", "observed %s", (<-observed).Kvs[0].Value)
	must(first.Proclaim(r.ctx, "first, again"))
	saw("concurrency.Election", "observed %s", (<-observed).Kvs[0].Value)
	resumed := concurrency.ResumeElection(one, office, first.Key(), first.Rev())
	leader, err := resumed.Leader(r.ctx)
	must(err)
	saw("concurrency.Election", "leader %s, at the resumed key: %t", leader.Kvs[0].Value,
		string(leader.Kvs[0].Key) == resumed.Key())
	won := make(chan error)
	go func() { won <- second.Campaign(r.ctx, "second") }()
	inLine(r, office+"/", 2)
	must(first.Resign(r.ctx))
	must(<-won)
	saw("concurrency.Election", "observed %s", (<-observed).Kvs[0].Value)
	go func() { won <- first.Campaign(r.ctx, "heir") }()
	inLine(r, office+"/", 2)
	// The leader's session ends, and its office with it.
	end(two)
	must(<-won)
	saw("concurrency.Election", "observed %s", (<-observed).Kvs[0].Value)
}

// transactional: software transactional memory moves money between accounts, none is lost.
func transactional(r *run) {
	const accounts, transfers = 3, 10
	// Some isolations read at the revision of an earlier read from whichever member is next, which
	// may not have come so far: such a client is to ask one member.
	store := connect(r.endpoints[:1])
	defer store.Close()
	name := func(i int) string { return r.prefix + "account/" + strconv.Itoa(i%accounts) }
	for i := range accounts {
		_, err := r.client.Put(r.ctx, name(i), "100")
		must(err)
	}
	must(caughtUp(r, r.endpoints[0]))
	isolations := []concurrency.Isolation{
		concurrency.SerializableSnapshot, concurrency.Serializable, concurrency.RepeatableReads,
	}
	var all sync.WaitGroup
	for from := range accounts {
		all.Add(1)
		go func() {
			defer all.Done()
			for range transfers {
				_, err := concurrency.NewSTM(store, func(stm concurrency.STM) error {
					stm.Put(name(from), plus(stm.Get(name(from)), -7))
					stm.Put(name(from+1), plus(stm.Get(name(from+1)), 7))
					return nil
				}, concurrency.WithIsolation(isolations[from]), concurrency.WithAbortContext(r.ctx))
				must(err)
			}
		}()
	}
	all.Wait()
	get, err := r.client.Get(r.ctx, r.prefix+"account/", clientv3.WithPrefix())
	must(err)
	saw("concurrency.STM", "%d transfers: %s", accounts*transfers, pairs(get.Kvs))
}

func plus(number string, more int) string {
	value, err := strconv.Atoi(number)
	must(err)
	return strconv.Itoa(value + more)
}
