// Exercises the Node package etcd3 against the store at the given endpoints.
//
// It starts nothing and knows no store: it prints what it saw, a line for each observation, the
// call before a tab. Two stores that behave alike make it print the same; revisions are told by
// their distance for that reason. What must not be makes it fail.
'use strict';
const { Etcd3, EtcdLockFailedError, Range } = require('etcd3');
const events = require('events');

const PREFIX = 'node/';
const PATIENCE_MILLIS = 60_000;
const ROOT_PASSWORD = "the roots' own";
const ALICE_PASSWORD = 'down the hole';

const saw = (call, what) => console.log(`${call}\t${what}`);
const pause = millis => new Promise(resolve => setTimeout(resolve, millis));
const pairs = found => Object.entries(found).map(([key, value]) => `${key}=${value}`).join(' ');

function check(holds, what) {
  if (!holds) {
    throw new Error(`not so: ${what}`);
  }
}

/** What a call that must fail is rejected with; the client adds the path of the stub's call. */
async function refusal(call) {
  try {
    await call;
  } catch (error) {
    return `${error.constructor.name} ${error.message}`;
  }
  throw new Error('not refused');
}

/** Waits for a condition to hold. */
async function comesTrue(condition) {
  const end = Date.now() + PATIENCE_MILLIS;
  while (!(await condition())) {
    check(Date.now() < end, condition.toString());
    await pause(20);
  }
}

/** The next so many events of one kind; listening must have begun before they can come. */
function collect(emitter, kind, count) {
  return new Promise((resolve, reject) => {
    const seen = [];
    const late = setTimeout(
      () => reject(new Error(`only ${seen.length} of ${count} ${kind}`)), PATIENCE_MILLIS);
    emitter.on(kind, (...values) => {
      seen.push(values);
      if (seen.length === count) {
        clearTimeout(late);
        resolve(seen);
      }
    });
  });
}

async function keyValue(store) {
  const first = await store.put('a').value('1');
  const second = await store.put('a').value('2').getPrevious();
  saw('KV.Put', `previous ${second.value}, ${first.header.revision > 0}`);
  saw('KV.Put', `with a lease that is not: ${await refusal(store.put('a').value('x').lease('4711').exec())}`);
  saw('KV.Put', `touching no key: ${await refusal(store.put('none').touch())}`);
  for (const name of ['b', 'c', 'd', 'e']) {
    await store.put(name).value(`v${name}`);
  }
  const whole = await store.get('a').exec();
  const kv = whole.kvs[0];
  saw('KV.Range', `${kv.value} version ${kv.version}, ${kv.mod_revision - kv.create_revision} after its creation`);
  saw('KV.Range', `nothing: ${await store.get('none')} ${await store.get('none').exists()}`);
  saw('KV.Range', `number ${await store.get('a').number()}`);
  // The client asks any member; one that lags behind comes to know it.
  await comesTrue(async () => (await store.get('a').serializable(true)) === '2');
  saw('KV.Range', 'serializable');
  saw('KV.Range', `at an old revision: ${await store.get('a').revision(first.header.revision)}`);
  saw('KV.Range', `of the future: ${await refusal(store.get('a').revision('1000000000').exec())}`);
  for (const target of ['Key', 'Version', 'Create', 'Mod', 'Value']) {
    for (const order of ['Ascend', 'Descend']) {
      saw('KV.Range', `by ${target}, ${order}: ${pairs(await store.getAll().sort(target, order).strings())}`);
    }
  }
  saw('KV.Range', `limited: ${pairs(await store.getAll().prefix('').limit(2).strings())}`);
  saw('KV.Range', `a range: ${pairs(await store.getAll().inRange({ start: 'b', end: 'd' }).strings())}`);
  saw('KV.Range', `keys ${await store.getAll().keys()}, count ${await store.getAll().count()}`);
  saw('KV.Range', `modified since: ${pairs(await store.getAll().minModRevision(kv.mod_revision).maxModRevision(kv.mod_revision).strings())}`);
  const gone = await store.delete().key('a').getPrevious();
  saw('KV.DeleteRange', `${gone.map(one => `${one.key}=${one.value}`)}`);
  saw('KV.DeleteRange', `nothing: ${(await store.delete().key('a')).deleted}`);
  saw('KV.DeleteRange', `all: ${(await store.delete().all()).deleted}`);
}

async function transactions(store) {
  const conditions = [
    ['created', 'Create', '==', 0], ['created again', 'Create', '==', 0],
    ['value', 'Value', '==', 'created'], ['version', 'Version', '>', 5], ['lease', 'Lease', '==', 0],
    ['modified', 'Mod', '!==', 0],
  ];
  for (const [name, column, comparison, value] of conditions) {
    const answer = await store
      .if('t', column, comparison, value)
      .then(store.put('t').value(name), store.get('t'))
      .else(store.getAll(), store.delete().key('none'))
      .commit();
    saw('KV.Txn', `${name}: ${answer.succeeded} ${answer.responses.map(one => one.response)} `
      + answer.responses.filter(one => one.response_range)
        .map(one => one.response_range.kvs.map(kv => kv.value.toString())));
  }
  saw('KV.Txn', `the same key twice: ${await refusal(
    store.if('t', 'Version', '>', 0).then(store.put('t').value('1'), store.put('t').value('2')).commit())}`);
  await store.put('count').value(0);
  await Promise.all(Array.from({ length: 5 }, () =>
    store.stm({ retries: 100 }).transact(async transaction => {
      const count = await transaction.get('count').number();
      await transaction.put('count').value(count + 1);
    })));
  saw('recipe: STM', `5 transactions counted to ${await store.get('count').string()}`);
}

async function watches(client, store) {
  const told = base => ([kv, previous]) =>
    `${kv.key}=${kv.value}@${kv.mod_revision - base}${previous ? ` was ${previous.value}` : ''}`;
  const live = await store.watch().prefix('w/').withPreviousKV().create();
  const puts = collect(live, 'put', 3);
  const deletions = collect(live, 'delete', 1);
  const base = (await store.put('w/a').value('1')).header.revision;
  await store.put('w/a').value('2');
  await store.put('w/b').value('3');
  await store.delete().key('w/a');
  saw('Watch.Watch', `live: ${(await puts).map(told(base))}, deleted ${(await deletions).map(told(base))}`);
  await live.cancel();
  const resumed = await store.watch().prefix('w/').startRevision(`${+base + 1}`).create();
  const again = await collect(resumed, 'put', 2);
  saw('Watch.Watch', `from a revision: ${again.map(told(base))}`);
  await resumed.cancel();
  const filtered = await store.watch().prefix('w/').only('delete').startRevision(base).create();
  saw('Watch.Watch', `deletions only: ${(await collect(filtered, 'data', 1))[0][0].events.map(event => event.type)}`);
  await filtered.cancel();
  const many = await Promise.all(['x', 'y', 'z'].map(key => store.watch().key(`w/${key}`).create()));
  const reports = many.map(watcher => collect(watcher, 'put', 1));
  for (const key of ['x', 'y', 'z']) {
    await store.put(`w/${key}`).value(key);
  }
  saw('Watch.Watch', `many on one stream: ${(await Promise.all(reports)).map(([[kv]]) => kv.key)}`);
  await Promise.all(many.map(watcher => watcher.cancel()));
  await client.kv.compact({ revision: `${+base + 2}`, physical: true });
  saw('KV.Compact', 'done');
  saw('KV.Compact', `once more: ${await refusal(client.kv.compact({ revision: base }))}`);
  saw('KV.Range', `of a compacted revision: ${await refusal(store.get('w/a').revision(base).exec())}`);
}

async function leases(client, store) {
  const lease = store.lease(60, { autoKeepAlive: false });
  const id = await lease.grant();
  await lease.put('l').value('leased');
  const life = await client.leaseClient.leaseTimeToLive({ ID: id, keys: true });
  saw('Lease.LeaseTimeToLive', `${life.grantedTTL} s with ${life.keys}`);
  saw('Lease.LeaseKeepAlive', `once: ${(await lease.keepaliveOnce()).TTL} s`);
  await comesTrue(async () => (await client.leaseClient.leaseLeases()).leases.some(one => one.ID === id));
  saw('Lease.LeaseLeases', 'it is among them');
  await lease.revoke();
  saw('Lease.LeaseRevoke', `its key is gone: ${await store.get('l')}`);
  saw('Lease.LeaseRevoke', `again: ${await refusal(client.leaseClient.leaseRevoke({ ID: id }))}`);
  const short = store.lease(2);
  await short.put('l').value('kept');
  await pause(5_000);
  saw('Lease.LeaseKeepAlive', `kept beyond its time: ${await store.get('l')}`);
  const watcher = await store.watch().key('l').create();
  const deletion = collect(watcher, 'delete', 1);
  short.release();
  await deletion;
  saw('Lease.LeaseKeepAlive', 'left alone: it ended');
  await watcher.cancel();
}

async function locks(store) {
  const lock = await store.lock('lock').ttl(10).acquire();
  saw('recipe: lock', `acquired with a lease ${(await lock.leaseId()) !== null}`);
  const second = store.lock('lock').ttl(10);
  const refused = await second.acquire().then(() => 'not refused', error => error instanceof EtcdLockFailedError);
  saw('recipe: lock', `somebody else is refused ${refused}`);
  await lock.release();
  saw('recipe: lock', `done with it: ${await store.lock('lock').ttl(10).do(() => 'inside')}`);
}

async function elections(store) {
  const election = store.election('office', 5);
  const observer = await election.observe();
  const changes = [];
  observer.on('change', leader => changes.push(leader));
  const until = async leader => {
    const end = Date.now() + PATIENCE_MILLIS;
    while (changes[changes.length - 1] !== leader) {
      check(Date.now() < end, `${leader} after ${changes}`);
      await pause(20);
    }
    saw('recipe: election', `observed ${leader}`);
  };
  const first = election.campaign('first');
  await first.wait();
  await until('first');
  await first.proclaim('first, again');
  await until('first, again');
  saw('recipe: election', `leader ${await election.leader()}`);
  // Not while the second waits in line: this client begins to watch the first one's key only after it
  // has looked for it, and waits for ever when the key goes in between.
  await first.resign();
  const second = election.campaign('second');
  await second.wait();
  await until('second');
  await second.resign();
  await observer.cancel();
  saw('recipe: election', `resigned, leader ${await election.leader()}`);
}

async function cluster(client, endpoints) {
  const { members } = await client.cluster.memberList({});
  const whole = members.filter(one => one.name && one.peerURLs.length === 1 && one.clientURLs.length === 1);
  check(whole.length === endpoints.length, `members ${JSON.stringify(members)}`);
  saw('Cluster.MemberList', 'all members with name and URLs');
  saw('Cluster.MemberRemove', `nobody: ${await refusal(client.cluster.memberRemove({ ID: '4711' }))}`);
  const status = await client.maintenance.status();
  saw('Maintenance.Status', `version ${status.version !== ''}, size ${status.dbSize > 0}, `
    + `leader a member ${members.some(one => one.ID === status.leader)}, index ${status.raftIndex > 0}`);
  saw('Maintenance.Hash', `${(await client.maintenance.hash()).hash > 0}`);
  await client.maintenance.defragment();
  saw('Maintenance.Defragment', 'done');
  saw('Maintenance.Alarm', `${(await client.maintenance.alarm({})).alarms.length} alarms`);
  const snapshot = await client.maintenance.snapshot();
  let bytes = 0;
  snapshot.on('data', part => { bytes += part.blob.length; });
  await events.once(snapshot, 'end');
  saw('Maintenance.Snapshot', `read to its end ${bytes > 0}`);
}

/**
 * Users, roles and what they allow. It leaves a store without users; while it runs, everybody else
 * is refused.
 */
async function users(client, endpoints) {
  const { auth } = client;
  saw('Auth.AuthEnable', `without root: ${await refusal(auth.authEnable())}`);
  const root = await client.user('root').create(ROOT_PASSWORD);
  const alice = await client.user('alice').create('at first');
  saw('Auth.UserAdd', `twice: ${await refusal(client.user('alice').create('again'))}`);
  saw('Auth.UserAdd', `without a name: ${await refusal(client.user('').create('x'))}`);
  await alice.setPassword(ALICE_PASSWORD);
  saw('Auth.UserChangePassword', `of nobody: ${await refusal(client.user('carol').setPassword('x'))}`);
  const reader = await client.role('reader').create();
  saw('Auth.RoleAdd', `twice: ${await refusal(client.role('reader').create())}`);
  const mine = Range.prefix(`${PREFIX}alice/`);
  await reader.grant({ permission: 'Readwrite', range: mine });
  await reader.grant([{ permission: 'Read', key: `${PREFIX}public` }, { permission: 'Read', key: `${PREFIX}gone` }]);
  const gone = { role: 'reader', key: Buffer.from(`${PREFIX}gone`) };
  await auth.roleRevokePermission(gone);
  saw('Auth.RoleGrantPermission', `to no role: ${await refusal(client.role('none').grant({ permission: 'Read', key: 'a' }))}`);
  const told = (await reader.permissions()).map(one => `${one.permission} ${one.range.start} to ${one.range.end}`);
  saw('Auth.RoleGet', told.join(', '));
  saw('Auth.RoleRevokePermission', `twice: ${await refusal(auth.roleRevokePermission(gone))}`);
  await alice.addRole(reader);
  saw('Auth.UserGrantRole', `no role: ${await refusal(alice.addRole('none'))}`);
  saw('Auth.UserRevokeRole', `that was not granted: ${await refusal(alice.removeRole('none'))}`);
  saw('Auth.AuthEnable', `without the role: ${await refusal(auth.authEnable())}`);
  await client.role('root').create();
  await root.addRole('root');
  saw('Auth.UserGet', `${(await alice.roles()).map(role => role.name)}`);
  saw('Auth.UserList', `${(await client.getUsers()).map(user => user.name)}`);
  saw('Auth.RoleList', `${(await client.getRoles()).map(role => role.name)}`);
  await auth.authEnable();
  saw('Auth.AuthEnable', 'done');
  await signedIn(client, endpoints);
  const asRoot = signIn(endpoints, 'root', ROOT_PASSWORD);
  saw('Auth.RoleDelete', `root: ${await refusal(asRoot.role('root').delete())}`);
  await asRoot.auth.authDisable();
  saw('Auth.AuthDisable', 'done');
  asRoot.close();
  for (const one of [alice, root, reader, client.role('root')]) {
    // Members that have not heard of it yet ask who it is.
    await comesTrue(() => one.delete().then(() => true, error => {
      check(/user name is empty/.test(error.message), error.message);
      return false;
    }));
  }
  saw('Auth.UserDelete', `twice: ${await refusal(alice.delete())}`);
  saw('Auth.RoleDelete', `left: ${(await client.getRoles()).length} roles, ${(await client.getUsers()).length} users`);
}

const signIn = (endpoints, username, password) =>
  new Etcd3({ hosts: endpoints.map(one => `http://${one}`), auth: { username, password } });

async function signedIn(nobody, endpoints) {
  const own = `${PREFIX}alice/`;
  saw('KV.Range', `by nobody: ${await refusal(nobody.get(`${own}a`).exec())}`);
  saw('KV.Put', `by nobody: ${await refusal(nobody.put(`${own}a`).value('1').exec())}`);
  const wrong = signIn(endpoints, 'alice', 'at first');
  saw('Auth.Authenticate', `with a wrong password: ${await refusal(wrong.get(`${own}a`).exec())}`);
  wrong.close();
  const root = signIn(endpoints, 'root', ROOT_PASSWORD);
  await root.put(`${PREFIX}public`).value('for all');
  const alice = signIn(endpoints, 'alice', ALICE_PASSWORD);
  const watcher = await alice.watch().prefix(own).create();
  const report = collect(watcher, 'put', 1);
  await alice.put(`${own}a`).value('1');
  saw('Watch.Watch', `by its user: ${(await report).map(([kv]) => `${kv.key}=${kv.value}`)}`);
  await watcher.cancel();
  saw('KV.Range', `by its user: ${pairs(await alice.getAll().prefix(own).strings())}, ${await alice.get(`${PREFIX}public`)}`);
  saw('KV.Range', `of more than its keys: ${await refusal(alice.getAll().prefix(PREFIX).strings())}`);
  saw('KV.Put', `of what may only be read: ${await refusal(alice.put(`${PREFIX}public`).value('x').exec())}`);
  saw('KV.Txn', `that reads others' keys: ${await refusal(
    alice.if(`${own}a`, 'Version', '>', 0).then(alice.get(`${PREFIX}secret`)).commit())}`);
  saw('KV.DeleteRange', `of more than its keys: ${await refusal(alice.delete().prefix(PREFIX).exec())}`);
  const lease = alice.lease(60, { autoKeepAlive: false });
  await lease.put(`${own}l`).value('leased');
  await lease.revoke();
  saw('Lease.LeaseRevoke', `by its user: ${await alice.get(`${own}l`)}`);
  saw('recipe: lock', `by its user: ${await alice.lock(`${own}lock`).ttl(10).do(() => 'inside')}`);
  saw('Auth.UserAdd', `by its user: ${await refusal(alice.user('mallory').create('x'))}`);
  await root.auth.userRevokeRole({ name: 'alice', role: 'reader' });
  saw('KV.Range', `after its role was taken: ${await refusal(alice.get(`${own}a`).exec())}`);
  alice.close();
  root.close();
}

async function main() {
  const given = process.argv.indexOf('--endpoints');
  if (given < 0) {
    throw new Error('--endpoints host:port,... is missing');
  }
  const endpoints = process.argv[given + 1].split(',');
  const client = new Etcd3({ hosts: endpoints.map(one => `http://${one}`) });
  const store = client.namespace(PREFIX);
  await store.delete().all();
  await keyValue(store);
  await transactions(store);
  await watches(client, store);
  await leases(client, store);
  await locks(store);
  await elections(store);
  await cluster(client, endpoints);
  await users(client, endpoints);
  await store.delete().all();
  client.close();
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
