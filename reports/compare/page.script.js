const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId('data').textContent);
const filters = byId('filters');
const text = (index) => data.texts[index];
const isRed = (kind) => kind === 'fail' || kind === 'error';

function add(parent, name, content, properties = {}) {
  const child = document.createElement(name);
  if (content !== undefined) child.textContent = content;
  Object.assign(child, properties);
  parent.append(child);
  return child;
}

// what is asked for stands in the address, so that it can be sent
function asked() {
  const form = new FormData(filters);
  const value = (name) => String(form.get(name) ?? '');
  return {
    all: form.has('all'),
    level: value('level'),
    area: value('area'),
    verdict: value('verdict'),
    words: value('find').trim().toLowerCase().split(/\s+/).filter(Boolean),
    by: value('by'),
    host: value('host'),
  };
}

function toAddress() {
  const form = new FormData(filters);
  const kept = [...form].filter(
    ([name, value]) => value !== '' && !(name === 'by' && filters.elements.by.selectedIndex === 0),
  );
  if (!form.has('all') && filters.elements.all.defaultChecked) kept.push(['all', 'no']);
  const hash = new URLSearchParams(kept).toString();
  if (location.hash.slice(1) !== hash) history.replaceState(null, '', hash ? `#${hash}` : location.pathname);
}

function fromAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  for (const field of filters.elements) {
    if (field.type === 'checkbox' && wanted.has(field.name)) field.checked = wanted.get(field.name) !== 'no';
    else if (wanted.has(field.name)) field.value = wanted.get(field.name);
    if (field.tagName === 'SELECT' && field.selectedIndex === -1) field.selectedIndex = 0;
  }
}

/** A column is a host, or a group of hosts with something in common. */
function columnsFor({ by, host }) {
  const all = data.columns.map((_, index) => index);
  const alone = (index) => ({ label: data.columns[index].label, about: data.columns[index].about, members: [index] });
  if (host !== '') return [alone(Number(host))];
  if (!data.isFleet) return all.map(alone);
  const values = data.groups[by] ?? all.map(() => 'all hosts');
  const groups = Map.groupBy(all, (index) => values[index]);
  return [...groups].map(([label, members]) => ({ label, about: `${members.length} hosts`, members }));
}

function isShown(row, columns, { all, level, area, verdict, words }) {
  const kinds = columns.flatMap(({ members }) => members.map((index) => text(row.kinds[index])));
  return (
    (all || verdict !== '' || kinds.some(isRed) || (row.change !== 'same' && columns.length > 1)) &&
    (level === '' || row.level === level) &&
    (area === '' || row.area === area) &&
    (verdict === '' || kinds.includes(verdict)) &&
    words.every((word) => `${row.id} ${row.title}`.toLowerCase().includes(word))
  );
}

const worstFirst = ['error', 'fail', 'blocked', 'skip', 'absent', 'pass'];

function cellOf(row, { members, label }) {
  const kinds = members.map((index) => text(row.kinds[index]));
  const kind = worstFirst.find((one) => kinds.includes(one));
  const counted = [...Map.groupBy(members, (index) => text(row.verdicts[index]))];
  const words =
    counted.length === 1 ? counted[0][0] : counted.map(([word, same]) => `${same.length} ${word}`).join(', ');
  const cell = document.createElement('td');
  cell.className = kind;
  const button = add(cell, 'button', words, { type: 'button' });
  button.setAttribute('aria-label', `${words}: ${row.id} on ${label}`);
  button.addEventListener('click', () => show(row, members, label));
  const change = members.length === 1 ? text(row.changes[members[0]]) : 'same';
  if (change !== 'same') add(cell, 'span', change, { className: 'change' });
  const [best] = row.explanations;
  if (best && members.length === 1 && kind !== 'pass') {
    add(cell, 'span', `${best.fact}: ${data.facts[best.fact]?.[members[0]] ?? 'not there'}`, { className: 'fact' });
  }
  return cell;
}

function rowOf(row, columns) {
  const line = document.createElement('tr');
  line.dataset.change = row.change;
  const head = add(line, 'th', undefined, { scope: 'row' });
  add(head, 'span', row.id, { className: 'id' });
  add(head, 'span', row.level, { className: 'level' });
  add(head, 'span', row.title, { className: 'title' });
  line.append(...columns.map((column) => cellOf(row, column)));
  return line;
}

function draw() {
  const wanted = asked();
  const columns = columnsFor(wanted);
  const rows = data.rows.filter((row) => isShown(row, columns, wanted));
  const table = document.createElement('table');
  const heads = add(add(table, 'thead'), 'tr');
  add(heads, 'th', 'check', { scope: 'col' });
  for (const { label, about } of columns) {
    const head = add(heads, 'th', undefined, { scope: 'col' });
    add(head, 'span', label, { className: 'host' });
    add(head, 'span', about, { className: 'how' });
  }
  for (const [area, ofArea] of Map.groupBy(rows, (row) => row.area)) {
    const body = add(table, 'tbody');
    const head = add(body, 'tr', undefined, { className: 'area' });
    add(head, 'th', area, { scope: 'rowgroup', colSpan: columns.length + 1 });
    body.append(...ofArea.map((row) => rowOf(row, columns)));
  }
  byId('checks').replaceChildren(...table.childNodes);
  byId('shown').textContent = `${rows.length} of ${data.rows.length} checks`;
}

function addRemedy(parent, remedy) {
  add(parent, 'h3', 'What to do');
  const box = add(parent, 'div', undefined, { className: 'remedy' });
  add(box, 'pre', remedy, { id: 'details-remedy', tabIndex: 0 });
  const button = add(box, 'button', 'Copy', { type: 'button' });
  button.dataset.copy = 'details-remedy';
}

function addFact(parent, { fact, why }) {
  add(parent, 'h3', `Perhaps because of ${fact}`);
  const list = add(parent, 'ul');
  const values = data.facts[fact] ?? [];
  for (const [value, hosts] of Map.groupBy(values.keys(), (index) => values[index] ?? 'not there')) {
    const names = hosts.slice(0, 6).map((index) => data.columns[index].label);
    const more = hosts.length > names.length ? ` and ${hosts.length - names.length} more` : '';
    add(list, 'li', `${value}: ${names.join(', ')}${more}`);
  }
  if (why) add(parent, 'p', why);
}

const prompts = { user: '$ ', root: '# ', container: 'container$ ' };

function addEvidence(parent, entries) {
  add(parent, 'h3', 'What was done to the machine');
  const list = add(parent, 'ol', undefined, { className: 'steps' });
  for (const entry of entries) {
    const step = add(list, 'li');
    const command = add(step, 'pre', `${prompts[entry.by] ?? ''}${entry.text}`, { className: 'command', tabIndex: 0 });
    command.setAttribute('aria-label', 'command');
    if (entry.output) add(step, 'pre', entry.output, { tabIndex: 0 }).setAttribute('aria-label', 'output');
    if (entry.end) add(step, 'p', entry.end, { className: 'end' });
  }
}

function show(row, members, label) {
  byId('details-title').textContent = `${row.id} on ${label}`;
  const body = byId('details-body');
  body.replaceChildren();
  add(body, 'p', row.title);
  for (const [reason, hosts] of Map.groupBy(members, (index) => row.reasons[index])) {
    const names = hosts.slice(0, 8).map((index) => data.columns[index].label);
    const who =
      members.length > 1 ? `${names.join(', ')}${hosts.length > 8 ? ` and ${hosts.length - 8} more` : ''}: ` : '';
    const why = text(reason) || text(row.verdicts[hosts[0]]);
    add(body, 'p', `${who}${why}`, { className: 'reason' });
  }
  if (row.remedy) addRemedy(body, row.remedy);
  if (row.source) {
    const line = add(body, 'p', 'Source: ');
    add(line, 'a', row.source.section, { href: row.source.href, rel: 'noreferrer' });
  }
  for (const explanation of row.explanations) addFact(body, explanation);
  const place = members.map((index) => `${data.rows.indexOf(row)}.${index}`).find((one) => data.evidence[one]);
  if (place) addEvidence(body, data.evidence[place]);
  byId('details').showModal();
}

async function copy(button) {
  const source = byId(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    getSelection().selectAllChildren(source);
    document.execCommand('copy');
  }
  button.textContent = 'Copied';
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button?.dataset.copy) void copy(button);
  if (button?.dataset.host === undefined) return;
  filters.elements.host.value = button.dataset.host;
  filters.elements.area.value = button.dataset.area ?? '';
  changed();
  byId('checks-title').scrollIntoView();
});

function changed() {
  toAddress();
  draw();
}

filters.addEventListener('input', changed);
filters.addEventListener('submit', (event) => event.preventDefault());
addEventListener('hashchange', () => {
  filters.reset();
  fromAddress();
  draw();
});
fromAddress();
draw();
