// An answer with its receipt, and a table of rows.

import {h, number} from './dom.js';
import {t} from './words.js';

/** `table` is a result of the command's JSON: columns and rows. */
export function rowsTable(table, most = 50) {
  const columns = table.columns.map(column => typeof column === 'string' ? column : column.name);
  const rows = table.rows.slice(0, most);
  const isNumber = columns.map((_, i) => rows.length > 0 && rows.every(row => row[i] === null || typeof row[i] === 'number'));
  return h('div', {class: 'table', tabindex: 0, role: 'region', 'aria-label': t('rows')}, h('table', {}, h('thead', {}, h('tr', {}, columns.map((name, i) =>
    h('th', {scope: 'col', class: isNumber[i] ? 'number' : ''}, name)))), h('tbody', {}, rows.map(row => h('tr', {}, row.map((value, i) =>
    h('td', {class: isNumber[i] ? 'number' : ''}, value === null ? h('i', {class: 'quiet-text'}, t('no_value')) : cut(value))))))),
  table.rows.length > most && h('p', {class: 'quiet-text'}, t('first_rows', {shown: most, count: number(table.rows.length)})));
}

const cut = value => {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};

/** What `sqlwright ask --json` printed. */
export function answer(found) {
  const sentence = found.reason && found.status !== 'answered' ? h('p', {class: 'told bad'}, found.reason) : null;
  const facts = [found.tables.length && t('from', {tables: found.tables.join(', ')}), ...found.filters];
  const times = [found.confidence !== null && t('sure', {percent: `${Math.round(100 * found.confidence)} %`}), `${found.timings.total_s.toFixed(2)} s`, t('leaves_nothing_short')];
  return h('div', {class: 'answer', dataset: {status: found.status}}, found.sql && h('pre', {class: 'sql', tabindex: 0}, h('code', {}, found.sql)), sentence,
    found.result && (found.result.rows.length ? rowsTable(found.result) : h('p', {class: 'quiet-text'}, t('no_rows'))),
    found.notes.length > 0 && h('ul', {class: 'notes'}, found.notes.map(note => h('li', {}, note.message))),
    h('div', {class: 'receipt'}, h('p', {}, facts.filter(Boolean).join(' · ')), h('p', {class: 'quiet-text'}, times.filter(Boolean).join(' · '))),
    found.readings.length > 0 && h('details', {}, h('summary', {}, t('readings')), h('ul', {}, found.readings.map(reading => h('li', {}, reading.says, h('pre', {class: 'sql'}, h('code', {}, reading.sql)))))));
}
