// What a program with kafkajs does: node scenarios.js FOLDER_OF_KAFKAJS BROKER SCENARIO. Ends with 0 when all of it was as it should be.
'use strict';
const assert = require('node:assert/strict');
const [folder, broker, scenario] = process.argv.slice(2);
const {Kafka, CompressionTypes, ConfigResourceTypes, logLevel} = require(folder);

const WAIT_MS = 60000;
const options = {clientId: 'takhin-test', brokers: [broker], logLevel: logLevel.ERROR, requestTimeout: 60000,
                 retry: {retries: 15}};
const kafka = new Kafka(options);

const value = (i) => `value-${i}-${'x'.repeat(400)}`;

function until(check, what) {
  const end = Date.now() + WAIT_MS;
  return new Promise((resolve, reject) => {
    const look = () => {
      if (check()) return resolve();
      if (Date.now() > end) return reject(new Error(`not within ${WAIT_MS} ms: ${what()}`));
      setTimeout(look, 20);
    };
    look();
  });
}

async function withAdmin(use) {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

const createTopic = (topic, numPartitions = 1) => withAdmin((admin) => admin.createTopics({topics: [{topic, numPartitions}], waitForLeaders: true}));

async function withProducer(use, settings = {}, client = kafka) {
  const producer = client.producer(settings);
  await producer.connect();
  try {
    return await use(producer);
  } finally {
    await producer.disconnect();
  }
}

async function sendNumbered(producer, topic, from, to, extra = {}) {
  for (let i = from; i < to; i += 250) {
    const messages = [];
    for (let j = i; j < Math.min(i + 250, to); ++j) messages.push({key: `k${j % 16}`, value: value(j), headers: {number: String(j)}});
    await producer.send({topic, messages, acks: -1, ...extra});
  }
}

// A member of `groupId` that puts what it reads into `seen` (text of the value: times).
async function member(groupId, topic, seen, settings = {}, run = {}) {
  const consumer = kafka.consumer({groupId, maxWaitTimeInMs: 200, sessionTimeout: 30000, heartbeatInterval: 500, ...settings});
  let joined = 0;
  consumer.on(consumer.events.GROUP_JOIN, () => { ++joined; });
  await consumer.connect();
  await consumer.subscribe({topics: [topic], fromBeginning: true});
  await consumer.run({eachMessage: async ({partition, message}) => {
    const text = message.value.toString();
    seen.set(text, (seen.get(text) || 0) + 1);
    if (run.onMessage) run.onMessage(partition, message);
  }, ...run.options});
  await until(() => joined > 0, () => `${groupId} has not joined`);
  return {consumer, joins: () => joined};
}

const counts = (seen) => JSON.stringify({distinct: seen.size, most: Math.max(0, ...seen.values())});

async function readAll(groupId, topic, total, settings) {
  const seen = new Map();
  const {consumer} = await member(groupId, topic, seen, settings);
  await until(() => seen.size >= total, () => counts(seen));
  await consumer.disconnect();
  assert.equal(seen.size, total);
  return seen;
}

const scenarios = {
  // 128 KiB segments leave local disk while this goes on; a reader from the beginning meets both tiers.
  async records_and_compression() {
    const total = 4000;
    await createTopic('records', 2);
    await withProducer(async (producer) => {
      await sendNumbered(producer, 'records', 0, total / 2);
      await sendNumbered(producer, 'records', total / 2, total, {compression: CompressionTypes.GZIP});
    });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const last = new Map();
    const seen = new Map();
    const {consumer} = await member('readers', 'records', seen, {}, {onMessage: (partition, message) => {
      const number = Number(message.headers.number.toString());
      assert.equal(message.key.toString(), `k${number % 16}`);
      assert.equal(message.value.toString(), value(number));
      assert.equal(BigInt(message.offset), last.has(partition) ? last.get(partition) + 1n : 0n);
      last.set(partition, BigInt(message.offset));
    }});
    await until(() => seen.size >= total, () => counts(seen));
    await consumer.disconnect();
    assert.equal(Math.max(...seen.values()), 1);
    const ends = await withAdmin((admin) => admin.fetchTopicOffsets('records'));
    assert.equal(ends.reduce((sum, row) => sum + Number(row.high), 0), total);
  },

  async groups_share_and_carry_on() {
    await createTopic('shared', 4);
    const seen = new Map();
    const first = await member('sharers', 'shared', seen);
    const second = await member('sharers', 'shared', seen);
    await until(() => first.joins() >= 2, () => 'the first has not joined again');
    await withProducer((producer) => sendNumbered(producer, 'shared', 0, 1000));
    await until(() => seen.size === 1000, () => counts(seen));
    const described = await withAdmin((admin) => admin.describeGroups(['sharers']));
    assert.equal(described.groups[0].members.length, 2);
    assert.equal(described.groups[0].state, 'Stable');
    await second.consumer.disconnect();  // commits what it has
    await withProducer((producer) => sendNumbered(producer, 'shared', 1000, 1500));
    await until(() => seen.size === 1500, () => counts(seen));
    await first.consumer.disconnect();
    await withProducer((producer) => sendNumbered(producer, 'shared', 1500, 1600));
    const later = await readAll('sharers', 'shared', 100);
    assert.ok(later.has(value(1599)) && !later.has(value(0)));
  },

  async batches_seek_pause_and_commit() {
    await createTopic('batches', 1);
    await withProducer((producer) => sendNumbered(producer, 'batches', 0, 2000));
    const consumer = kafka.consumer({groupId: 'batchers', maxWaitTimeInMs: 200});
    await consumer.connect();
    await consumer.subscribe({topics: ['batches'], fromBeginning: true});
    const offsets = [];
    let phase = 'first';
    await consumer.run({autoCommit: false, eachBatchAutoResolve: false, eachBatch: async ({batch, resolveOffset, heartbeat}) => {
      for (const message of batch.messages) {
        if (phase === 'first' && Number(message.offset) === 500) {
          phase = 'paused';
          consumer.pause([{topic: 'batches'}]);
          return;
        }
        if (phase !== 'paused') offsets.push(Number(message.offset));
        resolveOffset(message.offset);
      }
      await heartbeat();
    }});
    await until(() => phase === 'paused', () => `${offsets.length} offsets`);
    assert.deepEqual(offsets, [...Array(500).keys()]);
    offsets.length = 0;
    phase = 'second';
    consumer.seek({topic: 'batches', partition: 0, offset: '1990'});
    consumer.resume([{topic: 'batches'}]);
    await until(() => offsets.includes(1999), () => `${offsets}`);
    assert.deepEqual(offsets, [1990, 1991, 1992, 1993, 1994, 1995, 1996, 1997, 1998, 1999]);
    await consumer.commitOffsets([{topic: 'batches', partition: 0, offset: '1234', metadata: 'by hand'}]);
    await consumer.disconnect();
    const [row] = await withAdmin((admin) => admin.fetchOffsets({groupId: 'batchers', topics: ['batches']}));
    assert.deepEqual(row.partitions, [{partition: 0, offset: '1234', metadata: 'by hand'}]);
  },

  async admin_topics_and_configs() {
    await withAdmin(async (admin) => {
      assert.equal(await admin.createTopics({topics: [{topic: 'made', numPartitions: 2,
                                                       configEntries: [{name: 'retention.ms', value: '7654321'}]}]}), true);
      assert.equal(await admin.createTopics({topics: [{topic: 'made'}]}), false);
      await admin.createPartitions({topicPartitions: [{topic: 'made', count: 3}]});
      const {topics: [made]} = await admin.fetchTopicMetadata({topics: ['made']});
      assert.equal(made.partitions.length, 3);
      assert.ok((await admin.listTopics()).includes('made'));
      const ask = {includeSynonyms: false, resources: [{type: ConfigResourceTypes.TOPIC, name: 'made', configNames: ['retention.ms']}]};
      assert.equal((await admin.describeConfigs(ask)).resources[0].configEntries[0].configValue, '7654321');
      await admin.alterConfigs({resources: [{type: ConfigResourceTypes.TOPIC, name: 'made',
                                             configEntries: [{name: 'retention.ms', value: '1234567'}]}]});
      assert.equal((await admin.describeConfigs(ask)).resources[0].configEntries[0].configValue, '1234567');
      const cluster = await admin.describeCluster();
      assert.equal(cluster.brokers.length, 1);
      assert.equal(cluster.controller, cluster.brokers[0].nodeId);
      await admin.deleteTopics({topics: ['made']});
      assert.ok(!(await admin.listTopics()).includes('made'));
    });
  },

  async admin_offsets_records_and_groups() {
    await createTopic('kept', 1);
    await withProducer((producer) => sendNumbered(producer, 'kept', 0, 300));
    await readAll('keepers', 'kept', 300);
    await withAdmin(async (admin) => {
      const committed = async () => (await admin.fetchOffsets({groupId: 'keepers', topics: ['kept']}))[0].partitions[0].offset;
      assert.equal(await committed(), '300');
      await admin.setOffsets({groupId: 'keepers', topic: 'kept', partitions: [{partition: 0, offset: '100'}]});
      assert.equal(await committed(), '100');
      await admin.resetOffsets({groupId: 'keepers', topic: 'kept', earliest: true});
      assert.equal((await admin.fetchOffsets({groupId: 'keepers', topics: ['kept'], resolveOffsets: true}))[0].partitions[0].offset, '0');
      await admin.deleteTopicRecords({topic: 'kept', partitions: [{partition: 0, offset: '40'}]});
      const [offsets] = await admin.fetchTopicOffsets('kept');
      assert.deepEqual([offsets.low, offsets.high], ['40', '300']);
      const [at] = await admin.fetchTopicOffsetsByTimestamp('kept', Date.now() - 3600000);
      assert.equal(at.offset, '40');
      assert.ok((await admin.listGroups()).groups.some((group) => group.groupId === 'keepers' && group.protocolType === 'consumer'));
      const [deleted] = await admin.deleteGroups(['keepers']);
      assert.equal(deleted.errorCode, 0);
      assert.ok(!(await admin.listGroups()).groups.some((group) => group.groupId === 'keepers'));
    });
  },

  async idempotence_and_transactions() {
    await createTopic('in', 1);
    await createTopic('out', 2);
    await withProducer((producer) => sendNumbered(producer, 'in', 0, 500), {idempotent: true});
    const settings = {transactionalId: 'mover', idempotent: true, maxInFlightRequests: 1, transactionTimeout: 120000};
    await withProducer(async (producer) => {
      for (let round = 0; round < 20; ++round) {
        const transaction = await producer.transaction();
        const messages = [...Array(50).keys()].map((i) => ({key: `k${i}`, value: value(round * 50 + i)}));
        await transaction.send({topic: 'out', messages});
        if (round % 2) {
          await transaction.abort();
        } else {
          await transaction.sendOffsets({consumerGroupId: 'movers', topics: [{topic: 'in', partitions: [{partition: 0, offset: String(round)}]}]});
          await transaction.commit();
        }
      }
    }, settings);
    const committed = await readAll('committed', 'out', 500, {readUncommitted: false});
    for (const text of committed.keys()) assert.equal(Math.floor(Number(text.split('-')[1]) / 50) % 2, 0);
    await readAll('everything', 'out', 1000, {readUncommitted: true});
    const [row] = await withAdmin((admin) => admin.fetchOffsets({groupId: 'movers', topics: ['in']}));
    assert.equal(row.partitions[0].offset, '18');
    // Another one of the same name: the first is fenced.
    const old = kafka.producer(settings);
    await old.connect();
    const left = await old.transaction();
    await left.send({topic: 'out', messages: [{value: 'left behind'}]});
    await withProducer(async (producer) => {
      const transaction = await producer.transaction();
      await transaction.send({topic: 'out', messages: [{value: 'the new one'}]});
      await transaction.commit();
    }, settings);
    await assert.rejects(async () => { await left.send({topic: 'out', messages: [{value: 'too late'}]}); await left.commit(); });
    await old.disconnect();
  },

  async passwords() {
    for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512']) {
      const sasl = (password) => new Kafka({...options, logLevel: logLevel.NOTHING, retry: {retries: 2},
                                            sasl: {mechanism, username: 'alice', password}});
      await withProducer((producer) => producer.send({topic: `by-${mechanism}`, messages: [{value: 'v'}]}), {}, sasl('alice-secret'));
      await assert.rejects(sasl('wrong').admin().connect());
    }
    await assert.rejects(new Kafka({...options, logLevel: logLevel.NOTHING, retry: {retries: 1}}).admin().listTopics());
  },
};

process.on('unhandledRejection', (error) => {
  console.error(error);
  process.exit(3);
});
scenarios[scenario]().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
