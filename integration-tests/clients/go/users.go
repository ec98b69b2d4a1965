package main

import (
	"errors"
	"fmt"
	"strings"

	"go.etcd.io/etcd/api/v3/authpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

const (
	rootPassword  = "the roots' own"
	alicePassword = "down the hole"
	everything    = "\x00"
)

// users manages users and roles, signs in, and leaves a store without users that asks nobody who
// they are. While it runs, everybody else is refused: it is to be alone with the store.
func users(r *run) {
	authStatus(r, false)
	manageUsers(r)
	manageRoles(r)
	_, err := r.client.AuthEnable(r.ctx)
	must(err)
	saw("Auth.AuthEnable", "done")
	nobody(r)
	signingIn(r)
	root, alice := signedIn(r, "root", rootPassword), signedIn(r, "alice", alicePassword)
	signed := &run{r.ctx, root, r.endpoints, r.prefix, r.is35}
	asAlice := &run{r.ctx, alice, r.endpoints, r.prefix + "alice/", r.is35}
	authStatus(signed, true)
	allowed(signed, asAlice)
	denied(signed, asAlice)
	if r.is35 {
		// Older ones want a valid token of who signs in because of an invalid one.
		renewed(signed, asAlice)
	}
	changed(signed, asAlice)
	must(alice.Close())
	disable(r, signed)
	must(root.Close())
	forgetUsers(r)
}

func signIn(r *run, name, password string) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{
		Endpoints: r.endpoints, DialTimeout: patience, Logger: zap.NewNop(), Username: name, Password: password,
	})
}

func signedIn(r *run, name, password string) *clientv3.Client {
	client, err := signIn(r, name, password)
	must(err)
	return client
}

// refused tells of a call that failed, and whether the client knows the error.
func refused(call, what string, err, known error) {
	require(err != nil, "%s, %s: not refused", call, what)
	saw(call, "%s: %v %t", what, err, errors.Is(err, known))
}

func authStatus(r *run, enabled bool) {
	if r.is35 {
		answer, err := r.client.AuthStatus(r.ctx)
		must(err)
		require(answer.AuthRevision > 0, "auth revision %d", answer.AuthRevision)
		require(answer.Enabled == enabled, "enabled is %t", answer.Enabled)
		saw(since35+"Auth.AuthStatus", "enabled %t", answer.Enabled)
	}
}

func manageUsers(r *run) {
	ctx, auth := r.ctx, r.client.Auth
	_, err := auth.Authenticate(ctx, "root", rootPassword)
	refused("Auth.Authenticate", "while nobody is asked", err, rpctypes.ErrAuthNotEnabled)
	_, err = auth.AuthEnable(ctx)
	refused("Auth.AuthEnable", "without root", err, rpctypes.ErrRootUserNotExist)
	for name, password := range map[string]string{"root": rootPassword, "alice": "at first", "bob": "builds"} {
		_, err = auth.UserAdd(ctx, name, password)
		must(err)
	}
	_, err = auth.UserAddWithOptions(ctx, "card", "", &clientv3.UserAddOptions{NoPassword: true})
	must(err)
	_, err = auth.AuthEnable(ctx)
	refused("Auth.AuthEnable", "without the role", err, rpctypes.ErrRootRoleNotExist)
	_, err = auth.UserAdd(ctx, "", "nobody's")
	refused("Auth.UserAdd", "without a name", err, rpctypes.ErrUserEmpty)
	_, err = auth.UserAdd(ctx, "alice", "again")
	refused("Auth.UserAdd", "twice", err, rpctypes.ErrUserAlreadyExist)
	_, err = auth.UserChangePassword(ctx, "alice", alicePassword)
	must(err)
	saw("Auth.UserChangePassword", "done")
	_, err = auth.UserChangePassword(ctx, "carol", "any")
	refused("Auth.UserChangePassword", "of nobody", err, rpctypes.ErrUserNotFound)
	_, err = auth.UserDelete(ctx, "bob")
	must(err)
	_, err = auth.UserDelete(ctx, "bob")
	refused("Auth.UserDelete", "twice", err, rpctypes.ErrUserNotFound)
	list, err := auth.UserList(ctx)
	must(err)
	saw("Auth.UserList", "%s", list.Users)
	_, err = auth.UserGet(ctx, "bob")
	refused("Auth.UserGet", "of nobody", err, rpctypes.ErrUserNotFound)
}

func manageRoles(r *run) {
	ctx, auth := r.ctx, r.client.Auth
	for _, name := range []string{"editor", "poster", "everything"} {
		_, err := auth.RoleAdd(ctx, name)
		must(err)
	}
	_, err := auth.RoleAdd(ctx, "editor")
	refused("Auth.RoleAdd", "twice", err, rpctypes.ErrRoleAlreadyExist)
	grant := func(role, key, end string, kind authpb.Permission_Type) {
		_, err := auth.RoleGrantPermission(ctx, role, key, end, clientv3.PermissionType(kind))
		must(err)
	}
	alice := r.prefix + "alice/"
	grant("editor", alice, clientv3.GetPrefixRangeEnd(alice), clientv3.PermRead)
	grant("editor", alice, clientv3.GetPrefixRangeEnd(alice), clientv3.PermReadWrite)
	grant("editor", r.prefix+"public", "", clientv3.PermRead)
	grant("editor", r.prefix+"gone", "", clientv3.PermRead)
	grant("poster", r.prefix+"box", "", clientv3.PermWrite)
	grant("everything", everything, everything, clientv3.PermReadWrite)
	_, err = auth.RoleGrantPermission(ctx, "none", "a", "", clientv3.PermissionType(clientv3.PermRead))
	refused("Auth.RoleGrantPermission", "to no role", err, rpctypes.ErrRoleNotFound)
	_, err = auth.RoleRevokePermission(ctx, "editor", r.prefix+"gone", "")
	must(err)
	_, err = auth.RoleRevokePermission(ctx, "editor", r.prefix+"gone", "")
	refused("Auth.RoleRevokePermission", "twice", err, rpctypes.ErrPermissionNotGranted)
	for _, name := range []string{"editor", "poster", "everything"} {
		tellRole(r, name)
	}
	_, err = auth.RoleGet(ctx, "none")
	refused("Auth.RoleGet", "of no role", err, rpctypes.ErrRoleNotFound)
	_, err = auth.RoleDelete(ctx, "everything")
	must(err)
	_, err = auth.RoleDelete(ctx, "everything")
	refused("Auth.RoleDelete", "twice", err, rpctypes.ErrRoleNotFound)
	list, err := auth.RoleList(ctx)
	must(err)
	saw("Auth.RoleList", "%s", list.Roles)
	giveRoles(r)
}

func giveRoles(r *run) {
	ctx, auth := r.ctx, r.client.Auth
	for _, given := range [][2]string{{"root", "root"}, {"alice", "editor"}, {"alice", "poster"}} {
		_, err := auth.UserGrantRole(ctx, given[0], given[1])
		must(err)
	}
	_, err := auth.UserGrantRole(ctx, "alice", "none")
	refused("Auth.UserGrantRole", "no role", err, rpctypes.ErrRoleNotFound)
	_, err = auth.UserGrantRole(ctx, "carol", "editor")
	refused("Auth.UserGrantRole", "to nobody", err, rpctypes.ErrUserNotFound)
	_, err = auth.UserRevokeRole(ctx, "card", "editor")
	refused("Auth.UserRevokeRole", "that was not granted", err, rpctypes.ErrRoleNotGranted)
	get, err := auth.UserGet(ctx, "alice")
	must(err)
	saw("Auth.UserGet", "%s", get.Roles)
}

func tellRole(r *run, name string) {
	role, err := r.client.RoleGet(r.ctx, name)
	must(err)
	var told []string
	for _, one := range role.Perm {
		told = append(told, fmt.Sprintf("%s %q to %q", one.PermType, one.Key, one.RangeEnd))
	}
	saw("Auth.RoleGet", "%s: %s", name, strings.Join(told, ", "))
}

// nobody: who has not signed in gets nothing, at no member.
func nobody(r *run) {
	for i, endpoint := range r.endpoints {
		err := caughtUp(r, endpoint)
		require(errors.Is(err, rpctypes.ErrUserEmpty), "member %d: %v", i, err)
	}
	_, err := r.client.Get(r.ctx, r.prefix)
	refused("KV.Range", "by nobody", err, rpctypes.ErrUserEmpty)
	_, err = r.client.Put(r.ctx, r.prefix+"public", "x")
	refused("KV.Put", "by nobody", err, rpctypes.ErrUserEmpty)
	_, err = r.client.Txn(r.ctx).Then(clientv3.OpPut(r.prefix+"public", "x")).Commit()
	refused("KV.Txn", "by nobody", err, rpctypes.ErrUserEmpty)
	watch := next(r.client.Watch(r.ctx, r.prefix+"public"))
	refused("Watch.Watch", "by nobody", watch.Err(), rpctypes.ErrPermissionDenied)
	_, err = r.client.UserAdd(r.ctx, "mallory", "any")
	refused("Auth.UserAdd", "by nobody", err, rpctypes.ErrUserEmpty)
	_, err = r.client.AuthDisable(r.ctx)
	refused("Auth.AuthDisable", "by nobody", err, rpctypes.ErrUserEmpty)
	servicesWithout(r, "", "nobody")
}

// signingIn: whoever cannot sign in learns nothing about why.
func signingIn(r *run) {
	for _, one := range [][3]string{
		{"with a wrong password", "alice", "at first"},
		{"as somebody unknown", "carol", "any"},
	} {
		_, err := signIn(r, one[1], one[2])
		refused("Auth.Authenticate", one[0], err, rpctypes.ErrAuthFailed)
	}
	// Older etcds say that this user has no password, without a code.
	_, err := signIn(r, "card", "any")
	require(err != nil, "who has no password has signed in with one")
	client := connect(r.endpoints)
	defer client.Close()
	token, err := client.Authenticate(r.ctx, "alice", alicePassword)
	must(err)
	saw("Auth.Authenticate", "a token: %t", token.Token != "")
}
