// The tab "Data": files, what is in them, splitting, pairs from a database.

import {upload} from './api.js';
import {bars, histogram} from './charts.js';
import {baseName, choose, field, h, number, percent, put, size} from './dom.js';
import {action, jobView} from './jobs.js';
import {pairsPart} from './pairs.js';
import {parts} from './parts.js';
import {t} from './words.js';

export function dataTab(main, [part = 'files', ...rest], studio) {
  const place = parts(main, 'data', ['files', 'make', 'pairs'], part);
  ({files: filesPart, make: makePart, pairs: pairsPart}[part] || filesPart)(place, rest, studio);
}

// --- files and what is in them ---

function filesPart(place, _, studio) {
  const chosen = new Set(studio.files.data.length === 1 ? [studio.files.data[0].path] : []);
  const folder = {value: studio.files.folders.includes('databases') && studio.files.databases.length > 1 ? 'databases' : ''};
  const result = h('div', {id: 'inspection'});
  const look = action('inspect', t('inspect'), () => ({files: [...chosen], databases: folder.value}), job =>
    put(result, jobView(job.id, done => done.result && put(result, inspection(done.result)))));
  const cut = {ratio: '8:1:1', by_database: false};
  const splitResult = h('div');
  const split = action('split', t('split'), () => ({file: [...chosen][0] ?? '', ...cut}), job =>
    put(splitResult, jobView(job.id, async done => {
      if (done.state !== 'done') return;
      await studio.refresh();
      put(list, rows());
    })));
  const refresh = () => { look.refresh(); split.refresh(); };

  const rows = () => studio.files.data.length ? studio.files.data.map(file => h('li', {}, h('label', {class: 'pick-file'},
    h('input', {type: 'checkbox', checked: chosen.has(file.path), onchange: event => {
      chosen[event.target.checked ? 'add' : 'delete'](file.path);
      refresh();
    }}), h('span', {class: 'path'}, file.path), h('span', {class: 'quiet-text'}, size(file.bytes))),
  h('a', {href: `#data/pairs/${encodeURIComponent(file.path)}`, class: 'small-link'}, t('open')),
  file.path.startsWith('data/') && h('a', {href: `/download?path=${encodeURIComponent(file.path)}`, class: 'small-link', download: ''}, t('download'))))
    : h('li', {class: 'empty'}, t('no_data'), ' ', h('a', {href: '#data/make'}, t('make_pairs')));
  const list = h('ul', {class: 'files'}, rows());

  put(place,
    h('section', {class: 'card'}, h('h2', {}, t('your_files')), h('p', {class: 'about'}, t('your_files_more')), list,
      h('div', {class: 'buttons'}, uploader('data', t('upload_data'), async path => {
        await studio.refresh();
        chosen.add(path);
        put(list, rows());
        refresh();
      }), uploader('databases', t('upload_database'), async () => {
        await studio.refresh();
        folder.value = 'databases';
        place.querySelector('#folder').value = 'databases';
        refresh();
      }))),
    h('section', {class: 'card'}, h('h2', {}, t('inspect_title')), h('p', {class: 'about'}, t('inspect_more')),
      h('div', {class: 'row'}, field(t('databases_of'), choose([['', t('no_databases')], ...studio.files.folders], folder.value, value => {
        folder.value = value;
        look.refresh();
      }, {id: 'folder'}), t('databases_of_more'))), look, result),
    h('section', {class: 'card'}, h('h2', {}, t('split_title')), h('p', {class: 'about'}, t('split_more')),
      h('div', {class: 'row'}, field(t('ratio'), choose([['8:1:1', t('ratio_811')], ['7:3', t('ratio_73')], ['9:1', t('ratio_91')], ['1:1', t('ratio_11')]], '8:1:1', value => {
        cut.ratio = value;
        split.refresh();
      })), toggle(t('by_database'), cut.by_database, on => {
        cut.by_database = on;
        split.refresh();
      }, t('by_database_more'))), split, splitResult));
}

export function toggle(label, on, change, about) {
  return h('div', {class: 'field'}, h('label', {class: 'toggle'}, h('input', {type: 'checkbox', role: 'switch', checked: on,
    onchange: event => change(event.target.checked)}), h('span', {}, label)), about && h('p', {class: 'about'}, about));
}

function uploader(folder, label, added) {
  const told = h('span', {class: 'told', role: 'status'});
  const input = h('input', {type: 'file', class: 'hidden-file', id: `upload-${folder}`, multiple: true, onchange: async () => {
    for (const file of input.files) {
      put(told, t('uploading', {name: file.name}));
      try {
        await added((await upload(folder, file)).path);
        put(told, t('uploaded', {name: file.name}));
      } catch (error) {
        put(told, error.message);
        told.className = 'told bad';
      }
    }
    input.value = '';
  }});
  return h('span', {class: 'upload'}, input, h('label', {for: input.id, class: 'button'}, label), told);
}

const GOLD = ['unparsable', 'refused', 'failed', 'timeout', 'empty', 'no_database'];

function inspection(found) {
  return [...found.files.map(file => fileReport(file)), found.leaks.length > 0 && leaks(found.leaks)];
}

function fileReport(i) {
  const facts = [[t('rows'), number(i.rows)], [t('questions'), number(i.questions)], [t('databases'), number(i.databases)],
    [t('dialogues'), number(i.dialogues)], [t('in_chinese'), percent(i.chinese_share)], [t('format'), i.format || '–']];
  const bad = GOLD.filter(kind => kind in i.gold).map(kind => [t(`gold_${kind}`), i.gold[kind], i.gold[kind] ? 'bad' : '']);
  const doubles = [['duplicate_questions', 'warn'], ['duplicate_sql', ''], ['duplicate_ids', 'bad'], ['bad_rows', 'bad'], ['without_sql', 'warn']]
    .map(([key, kind]) => [t(key), i[key], kind]);
  const lengths = ['question', 'sql', 'schema', 'prompt'].map(name => histogram(t(`length_${name}`), i.length_histograms[name], t('tokens')));
  return h('article', {class: 'report'}, h('h3', {}, i.source), h('dl', {class: 'facts'}, facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
    h('div', {class: 'plots'}, bars(t('gold_title'), bad, {total: i.questions}), bars(t('doubles_title'), doubles, {total: i.questions}), lengths),
    i.findings.length ? h('details', {}, h('summary', {}, t('findings', {count: i.findings.length})), h('ul', {class: 'findings'}, i.findings.map(f =>
      h('li', {}, h('span', {class: 'chip bad'}, t(`gold_${f.kind}`)), h('code', {}, f.sql), h('span', {class: 'quiet-text'}, f.reason))))) : null);
}

function leaks(rows) {
  return h('article', {class: 'report'}, h('h3', {}, t('leaks')), h('div', {class: 'table'}, h('table', {}, h('thead', {}, h('tr', {}, ['leak_first', 'leak_second', 'leak_question', 'leak_both', 'leak_database']
    .map(key => h('th', {scope: 'col'}, t(key))))), h('tbody', {}, rows.map(leak => h('tr', {}, h('td', {}, baseName(leak.first)), h('td', {}, baseName(leak.second)),
    [leak.same_question, leak.same_question_and_database, leak.same_database].map((count, n) => h('td', {class: `number ${count && n < 2 ? 'bad-text' : ''}`}, number(count)))))))));
}

// --- pairs from a database ---

function makePart(place, _, studio) {
  const values = {database: studio.files.databases.find(name => name.startsWith('databases/')) ?? 'demo', count: 1000, seed: 0, wordings: 1};
  const without = new Set();
  const result = h('div', {id: 'made'});
  const fields = count => () => ({...values, count: count ?? values.count, without: [...without], ...(count && {name: `preview-${baseName(values.database).replace(/\.\w+$/, '')}`})});
  const shown = job => put(result, jobView(job.id, async done => {
    if (done.state !== 'done') return;
    await studio.refresh();
    const view = h('div');
    put(result, madeReport(done.result), view);
    pairsPart(view, [done.makes[0]], studio, {plain: true});
  }));
  const preview = action('synthesize', t('preview'), fields(20), shown, {attributes: {class: '', id: 'preview'}});
  const make = action('synthesize', t('make'), fields(), shown, {attributes: {id: 'make'}});
  const changed = () => { preview.refresh(); make.refresh(); };
  const whole = (name, least, most) => h('input', {type: 'number', min: least, max: most, value: values[name], oninput: event => {
    values[name] = event.target.value === '' ? null : Number(event.target.value);
    changed();
  }});
  put(place, h('section', {class: 'card'}, h('h2', {}, t('make_title')), h('p', {class: 'about'}, t('make_more')),
    h('div', {class: 'row'}, field(t('database'), choose(studio.files.databases.map(name => [name, name === 'demo' ? t('demo') : name]), values.database, value => {
      values.database = value;
      changed();
    })), field(t('count'), whole('count', 1, 1000000), t('count_more')), field(t('wordings'), whole('wordings', 1, 20), t('wordings_more')), field(t('seed'), whole('seed', 0, 2 ** 31), t('seed_more'))),
    h('fieldset', {class: 'switches'}, h('legend', {}, t('constructs')), studio.start.clauses.map(clause => h('label', {class: 'toggle'}, h('input', {type: 'checkbox', role: 'switch', checked: true,
      dataset: {clause}, onchange: event => {
        without[event.target.checked ? 'delete' : 'add'](clause);
        changed();
      }}), h('span', {}, t(`clause_${clause.replaceAll(' ', '_')}`))))),
    h('div', {class: 'actions'}, preview, make), result));
}

function madeReport({written, database}) {
  const clauses = Object.entries(database?.clauses ?? {}).map(([name, [made]]) => [t(`clause_${name.replaceAll(' ', '_')}`), Math.round(made * written)]);
  return h('div', {class: 'plots'}, bars(t('made_clauses', {count: number(written)}), clauses, {total: written}));
}
