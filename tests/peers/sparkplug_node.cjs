// An edge node by npm's sparkplug-client (EPL-2.0, a process of its own), driven by lines of JSON on stdin.
// The first line is {serverUrl, group, node, username, password, mqtt, births: {"": [metrics], "device": [metrics]}}.
const { newClient } = require('sparkplug-client');
const Long = require('long');
let client, births;
const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const alive = (metric) => ({ ...metric, value: metric.type && /Int64/.test(metric.type) ? Long.fromString(String(metric.value), /^U/.test(metric.type)) : metric.value });

function born() {
  const now = bornAt = Date.now();
  for (const [device, metrics] of Object.entries(births)) {
    const payload = { timestamp: now, metrics: metrics.map(alive) };
    if (device === '') client.publishNodeBirth(payload, {});
    else client.publishDeviceBirth(device, payload, {});
  }
  say({ born: true });
}

let steps = 0, bornAt = 0;
function step(device) {
  if (Date.now() - bornAt < 10) return; // no metric has one time twice
  steps += 1;
  const metrics = births[device].filter((metric) => metric.steps).map(({ name, type, alias }) => ({ name, type, alias, value: steps }));
  if (client.connected) client.publishDeviceData(device, { timestamp: Date.now(), metrics }, {});
}

function obey(device, payload) {
  for (const metric of payload.metrics) {
    say({ command: metric.name, device, value: metric.value });
    if (metric.name === 'Node Control/Rebirth') return born();
    const answer = { timestamp: Date.now(), metrics: [{ name: metric.name, type: metric.type, value: metric.value }] };
    if (device === '') client.publishNodeData(answer, {});
    else client.publishDeviceData(device, answer, {});
  }
}

function start(settings) {
  births = settings.births;
  client = newClient({
    serverUrl: settings.serverUrl, username: settings.username, password: settings.password, groupId: settings.group,
    edgeNode: settings.node, clientId: settings.clientId || `${settings.group}-${settings.node}`, version: 'spBv1.0',
    publishDeath: true, keepalive: 5, mqttOptions: settings.mqtt || {},
  });
  client.on('birth', born);
  if (settings.everyMs) setInterval(step, settings.everyMs, settings.stepping);
  client.on('ncmd', (payload) => obey('', payload));
  client.on('dcmd', (device, payload) => obey(device, payload));
  client.on('error', (error) => say({ error: String(error) }));
  client.on('close', () => say({ closed: true }));
}

function act(line) {
  if (!client) return start(line);
  const payload = { timestamp: line.timestamp || Date.now(), metrics: (line.metrics || []).map(alive) };
  const options = line.compress ? { compress: true, algorithm: line.compress } : {};
  if (line.birth) { births = line.birth; return born(); }
  if (line.death) return client.publishDeviceDeath(line.death, payload);
  if (line.skip) { for (let i = 0; i < line.skip; i++) client.incrementSeqNum(); return undefined; }
  if (line.device) return client.publishDeviceData(line.device, payload, options);
  return client.publishNodeData(payload, options);
}

let held = '';
process.stdin.on('data', (chunk) => {
  held += chunk;
  const lines = held.split('\n');
  held = lines.pop();
  for (const line of lines) act(JSON.parse(line));
});
process.stdin.on('end', () => { client.stop(); setTimeout(() => process.exit(0), 200); });
