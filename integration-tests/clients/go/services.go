package main

import (
	"context"

	"go.etcd.io/etcd/server/v3/etcdserver/api/v3election/v3electionpb"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3lock/v3lockpb"
	"google.golang.org/grpc/status"
)

// services: locks and elections that the store itself waits for, by their own stubs.
func services(r *run) {
	lockService(r)
	electionService(r)
}

func lockService(r *run) {
	locks := v3lockpb.NewLockClient(r.client.ActiveConnection())
	name := []byte(r.prefix + "served")
	lease, err := r.client.Grant(r.ctx, 60)
	must(err)
	held, err := locks.Lock(r.ctx, &v3lockpb.LockRequest{Name: name})
	must(err)
	get, err := r.client.Get(r.ctx, string(held.Key))
	must(err)
	saw("Lock.Lock", "held with a lease of the store's: %t", get.Kvs[0].Lease != 0)
	waited := make(chan *v3lockpb.LockResponse)
	go func() {
		next, err := locks.Lock(r.ctx, &v3lockpb.LockRequest{Name: name, Lease: int64(lease.ID)})
		must(err)
		waited <- next
	}()
	inLine(r, string(name)+"/", 2)
	ctx, giveUp := context.WithCancel(r.ctx)
	gone := make(chan error)
	go func() {
		_, err := locks.Lock(ctx, &v3lockpb.LockRequest{Name: name})
		gone <- err
	}()
	inLine(r, string(name)+"/", 3)
	giveUp()
	saw("Lock.Lock", "given up: %s", status.Code(<-gone))
	inLine(r, string(name)+"/", 2)
	_, err = locks.Unlock(r.ctx, &v3lockpb.UnlockRequest{Key: held.Key})
	must(err)
	next := <-waited
	get, err = r.client.Get(r.ctx, string(next.Key))
	must(err)
	saw("Lock.Lock", "held by the next, with its lease: %t", get.Kvs[0].Lease == int64(lease.ID))
	_, err = locks.Unlock(r.ctx, &v3lockpb.UnlockRequest{Key: next.Key})
	must(err)
	inLine(r, string(name)+"/", 0)
	saw("Lock.Unlock", "nobody is left")
	_, err = locks.Lock(r.ctx, &v3lockpb.LockRequest{Name: name, Lease: 4711})
	saw("Lock.Lock", "with a lease that is not: %v", err)
}

func electionService(r *run) {
	elections := v3electionpb.NewElectionClient(r.client.ActiveConnection())
	name := []byte(r.prefix + "chair")
	one, err := r.client.Grant(r.ctx, 60)
	must(err)
	two, err := r.client.Grant(r.ctx, 60)
	must(err)
	_, err = elections.Leader(r.ctx, &v3electionpb.LeaderRequest{Name: name})
	saw("Election.Leader", "nobody: %v", err)
	first, err := elections.Campaign(r.ctx, &v3electionpb.CampaignRequest{Name: name, Lease: int64(one.ID), Value: []byte("first")})
	must(err)
	saw("Election.Campaign", "won for %s, with its lease: %t", first.Leader.Name, first.Leader.Lease == int64(one.ID))
	ctx, stop := context.WithCancel(r.ctx)
	defer stop()
	observer, err := elections.Observe(ctx, &v3electionpb.LeaderRequest{Name: name})
	must(err)
	observed := func() {
		answer, err := observer.Recv()
		must(err)
		saw("Election.Observe", "%s", answer.Kv.Value)
	}
	observed()
	_, err = elections.Proclaim(r.ctx, &v3electionpb.ProclaimRequest{Leader: first.Leader, Value: []byte("first, again")})
	must(err)
	observed()
	won := make(chan *v3electionpb.LeaderKey)
	go func() {
		answer, err := elections.Campaign(r.ctx, &v3electionpb.CampaignRequest{Name: name, Lease: int64(two.ID), Value: []byte("second")})
		must(err)
		won <- answer.Leader
	}()
	inLine(r, string(name)+"/", 2)
	_, err = elections.Resign(r.ctx, &v3electionpb.ResignRequest{Leader: first.Leader})
	must(err)
	second := <-won
	observed()
	_, err = elections.Proclaim(r.ctx, &v3electionpb.ProclaimRequest{Leader: first.Leader, Value: []byte("still")})
	saw("Election.Proclaim", "by who has resigned: %v", err)
	_, err = elections.Proclaim(r.ctx, &v3electionpb.ProclaimRequest{Value: []byte("still")})
	saw("Election.Proclaim", "by nobody: %v", err)
	_, err = elections.Resign(r.ctx, &v3electionpb.ResignRequest{Leader: second})
	must(err)
	_, err = elections.Leader(r.ctx, &v3electionpb.LeaderRequest{Name: name})
	saw("Election.Resign", "then nobody leads: %v", err)
}

// servicesAs: what the store does for a user stays within what the user may touch.
func servicesAs(alice *run) {
	locks := v3lockpb.NewLockClient(alice.client.ActiveConnection())
	held, err := locks.Lock(alice.ctx, &v3lockpb.LockRequest{Name: []byte(alice.prefix + "served")})
	must(err)
	_, err = locks.Unlock(alice.ctx, &v3lockpb.UnlockRequest{Key: held.Key})
	must(err)
	saw("Lock.Lock", "by its user: held and given back")
	_, err = locks.Lock(alice.ctx, &v3lockpb.LockRequest{Name: []byte("go/elsewhere")})
	saw("Lock.Lock", "elsewhere: %v", err)
	_, err = locks.Unlock(alice.ctx, &v3lockpb.UnlockRequest{Key: []byte("go/secret")})
	saw("Lock.Unlock", "elsewhere: %v", err)
	elections := v3electionpb.NewElectionClient(alice.client.ActiveConnection())
	lease, err := alice.client.Grant(alice.ctx, 60)
	must(err)
	won, err := elections.Campaign(alice.ctx, &v3electionpb.CampaignRequest{
		Name: []byte(alice.prefix + "chair"), Lease: int64(lease.ID), Value: []byte("alice"),
	})
	must(err)
	leader, err := elections.Leader(alice.ctx, &v3electionpb.LeaderRequest{Name: won.Leader.Name})
	must(err)
	saw("Election.Leader", "by its user: %s", leader.Kv.Value)
	_, err = elections.Resign(alice.ctx, &v3electionpb.ResignRequest{Leader: won.Leader})
	must(err)
	_, err = elections.Campaign(alice.ctx, &v3electionpb.CampaignRequest{Name: []byte("go/elsewhere"), Lease: int64(lease.ID)})
	saw("Election.Campaign", "elsewhere: %v", err)
	_, err = elections.Leader(alice.ctx, &v3electionpb.LeaderRequest{Name: []byte("go/elsewhere")})
	saw("Election.Leader", "elsewhere: %v", err)
}

// servicesWithout tells how both services refuse whose token is none.
func servicesWithout(r *run, since, who string) {
	locks := v3lockpb.NewLockClient(r.client.ActiveConnection())
	_, err := locks.Lock(r.ctx, &v3lockpb.LockRequest{Name: []byte(r.prefix + "served")})
	saw(since+"Lock.Lock", "by %s: %v", who, err)
	_, err = locks.Unlock(r.ctx, &v3lockpb.UnlockRequest{Key: []byte(r.prefix + "served")})
	saw(since+"Lock.Unlock", "by %s: %v", who, err)
	elections := v3electionpb.NewElectionClient(r.client.ActiveConnection())
	_, err = elections.Leader(r.ctx, &v3electionpb.LeaderRequest{Name: []byte(r.prefix + "chair")})
	saw(since+"Election.Leader", "by %s: %v", who, err)
}
