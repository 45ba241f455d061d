const data = JSON.parse(document.getElementById('data').textContent);
const only = document.getElementById('only');
const search = document.getElementById('search');
const rows = [...document.querySelectorAll('#checks tr[data-change]')];

function filter() {
  const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const isShown =
      (!only.checked || row.dataset.change !== 'same') && words.every((word) => row.dataset.text.includes(word));
    row.hidden = !isShown;
    if (isShown) shown += 1;
  }
  for (const area of document.querySelectorAll('#checks tbody')) {
    area.hidden = area.querySelector('tr[data-change]:not([hidden])') === null;
  }
  document.getElementById('shown').textContent = `${shown} of ${rows.length} checks`;
}

function add(parent, name, text) {
  const child = document.createElement(name);
  child.textContent = text;
  parent.append(child);
  return child;
}

function show(place) {
  const [row, column] = place.split('.').map(Number);
  const { id, title, remedy, reasons, explanations } = data.rows[row];
  document.getElementById('details-title').textContent = `${id} on ${data.columns[column]}`;
  const body = document.getElementById('details-body');
  body.replaceChildren();
  add(body, 'p', title);
  if (reasons[column]) add(body, 'p', reasons[column]).className = 'reason';
  for (const { fact, values, why } of explanations) {
    add(body, 'h3', `perhaps because of ${fact}`);
    const list = add(body, 'ul', '');
    const byValue = new Map();
    values.forEach((value, index) => {
      byValue.set(value, [...(byValue.get(value) ?? []), data.columns[index]]);
    });
    for (const [value, hosts] of byValue) add(list, 'li', `${value ?? 'not there'}: ${hosts.join(', ')}`);
    if (why) add(body, 'p', why);
  }
  if (remedy) {
    add(body, 'h3', 'what to do');
    add(body, 'p', remedy).className = 'remedy';
  }
  if (data.evidence[place]) {
    add(body, 'h3', 'evidence');
    add(body, 'pre', data.evidence[place]).tabIndex = 0;
  }
  document.getElementById('details').showModal();
}

document.getElementById('checks').addEventListener('click', (event) => {
  const place = event.target.closest('button')?.dataset.place;
  if (place) show(place);
});
only.addEventListener('change', filter);
search.addEventListener('input', filter);
filter();
