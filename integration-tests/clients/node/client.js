// Exercises the Node package etcd3 against the store at the given endpoints.
//
// It starts nothing and knows no store: it prints what it saw, a line for each observation, the
// call before a tab. Two stores that behave alike make it print the same; revisions are told by
// their distance for that reason. What must not be makes it fail.
'use strict';
const { Etcd3, EtcdLockFailedError } = require('etcd3');
const events = require('events');

const PREFIX = 'node/';
const PATIENCE_MILLIS = 60_000;

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
  await store.delete().all();
  client.close();
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
