// The tab "Prove": score models on the same questions, compare them, look into failures, show pages.

import {get} from './api.js';
import {bars, score} from './charts.js';
import {baseName, choose, field, h, number, percent, put, suggest} from './dom.js';
import {action, jobView} from './jobs.js';
import {parts} from './parts.js';
import {t} from './words.js';

export function proveTab(main, [part = 'reports', ...rest], studio) {
  const place = parts(main, 'prove', ['reports', 'score', 'sweep', 'pages'], part);
  ({reports: reportsPart, score: scorePart, sweep: sweepPart, pages: pagesPart}[part] || reportsPart)(place, rest, studio);
}

// --- score models ---

function dataFields(values, studio, changed) {
  const known = studio.files.data.map(file => file.path);
  values.data ??= known.find(path => /test|dev/.test(path)) ?? known[0] ?? '';
  values.databases ??= studio.files.databases.some(name => name.startsWith('databases/')) ? 'databases' : 'demo';
  return [field(t('data'), suggest(known, values.data, value => {
    values.data = value.trim();
    changed();
  }, {id: 'questions'}), t('held_out_more')), field(t('databases_of'), choose(studio.files.folders, values.databases, value => {
    values.databases = value;
    changed();
  })), field(t('limit'), h('input', {type: 'number', min: 1, placeholder: t('all'), oninput: event => {
    values.limit = event.target.value === '' ? null : Number(event.target.value);
    changed();
  }}), t('limit_more'))];
}

function scorePart(place, _, studio) {
  const runs = studio.files.models.filter(model => model.kind === 'run');
  const values = {models: runs.length ? [runs[0].base || 'built-in', runs[0].name].filter((name, n, all) => name && all.indexOf(name) === n) : ['built-in']};
  const result = h('div', {id: 'scored'}), chosen = h('div', {class: 'chips'});
  const draw = () => put(chosen, values.models.map(name => h('button', {type: 'button', class: 'chip-button', 'aria-label': t('leave_out', {name}), onclick: () => {
    values.models = values.models.filter(other => other !== name);
    draw();
    box.refresh();
  }}, name, ' ×')));
  const entry = suggest(studio.files.models.map(model => model.name), '', null, {id: 'model-entry', placeholder: t('model')});
  const add = () => {
    const name = entry.value.trim();
    if (name && !values.models.includes(name)) values.models.push(name);
    entry.value = '';
    draw();
    box.refresh();
  };
  entry.addEventListener('change', add);
  const box = action('prove', t('score_button'), () => values, job => put(result, jobView(job.id, done =>
    done.state === 'done' && result.append(h('p', {class: 'told good'}, h('a', {href: '#prove/reports'}, t('see_reports')))), {open: true})), {attributes: {id: 'score'}});
  put(place, h('section', {class: 'card'}, h('h2', {}, t('score_title')), h('p', {class: 'about'}, t('score_more')),
    h('div', {class: 'row'}, h('div', {class: 'field'}, h('label', {for: 'model-entry'}, t('models')), entry, chosen), dataFields(values, studio, () => box.refresh())), box, result));
  draw();
}

// --- reports ---

async function reportsPart(place, [name]) {
  if (name) {
    reportView(place, decodeURIComponent(name));
    return;
  }
  const {reports} = await get('reports');
  const chosen = new Set();
  const result = h('div', {id: 'compared'});
  const box = action('compare', t('compare_button'), () => ({reports: [...chosen]}), job => put(result, jobView(job.id, done =>
    done.state === 'done' && put(result, page(done.makes[0])))));
  put(place, h('section', {class: 'card'}, h('h2', {}, t('part_reports')), reports.length ? h('div', {class: 'table'}, h('table', {}, h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, h('span', {class: 'spoken'}, t('choose'))), ['model', 'data', 'n', 'execution_accuracy', 'interval', 'strict', 'valid']
    .map((key, n) => h('th', {scope: 'col', class: n > 1 && key !== 'interval' ? 'number' : ''}, t(key))))), h('tbody', {}, reports.map(report => h('tr', {}, h('td', {}, h('input', {type: 'checkbox', 'aria-label': `${t('compare_button')}: ${report.path}`, onchange: event => {
      chosen[event.target.checked ? 'add' : 'delete'](report.path);
      box.refresh();
    }})), h('td', {}, h('a', {href: `#prove/reports/${encodeURIComponent(report.path)}`}, report.model || baseName(report.path))), h('td', {class: 'quiet-text'}, report.data),
    h('td', {class: 'number'}, number(report.n)), h('td', {class: 'number'}, h('b', {}, percent(report.execution_accuracy))), h('td', {}, score(report.execution_accuracy, report.interval_95)),
    h('td', {class: 'number'}, percent(report.strict_execution_accuracy)), h('td', {class: 'number'}, percent(report.valid_sql_rate))))))) : h('p', {class: 'empty'}, t('no_reports'), ' ', h('a', {href: '#prove/score'}, t('part_score'))),
  reports.length > 1 && [h('p', {class: 'about'}, t('compare_more')), box, result]));
}

function reportView(place, name) {
  const state = {cause: '', start: 0};
  const box = h('section', {class: 'card'});
  put(place, box);
  const draw = async () => {
    const report = await get('report', {path: name, cause: state.cause, start: state.start});
    const move = by => h('button', {type: 'button', class: 'small', disabled: by < 0 ? !report.start : report.start + report.page_size >= report.matching, onclick: () => {
      state.start = Math.max(0, state.start + by * report.page_size);
      draw();
    }}, by < 0 ? t('earlier') : t('later'));
    const cards = [['execution_accuracy', report.execution_accuracy], ['strict', report.strict_execution_accuracy], ['valid', report.valid_sql_rate]];
    put(box, h('a', {href: '#prove/reports', class: 'small-link'}, `← ${t('part_reports')}`), h('h2', {}, report.model || name), h('p', {class: 'about'}, `${report.data} · ${number(report.n)}`),
      h('dl', {class: 'facts'}, cards.map(([key, value]) => h('div', {}, h('dt', {}, t(key)), h('dd', {}, percent(value))))),
      h('div', {class: 'plots'}, bars(t('by_cause'), Object.entries(report.by_cause).map(([cause, count]) => [cause, count, cause === 'correct' ? 'good' : 'bad']), {chosen: state.cause, pick: cause => {
        state.cause = state.cause === cause ? '' : cause;
        state.start = 0;
        draw();
      }}), bars(t('by_hardness'), Object.entries(report.by_hardness).map(([level, slice]) => [`${level}: ${percent(slice.execution_accuracy)}`, slice.n, '']))),
      h('div', {class: 'pairs-head'}, h('b', {}, state.cause ? t('items_of', {cause: state.cause, count: number(report.matching)}) : t('items', {count: number(report.matching)})), h('span', {class: 'buttons'}, move(-1), move(1))),
      h('ul', {class: 'items'}, report.items.map(item)));
  };
  draw().catch(error => put(box, h('p', {class: 'told bad'}, error.message)));
}

const item = found => h('li', {}, h('details', {}, h('summary', {}, h('span', {class: `chip ${found.test_suite_execution ? 'good' : 'bad'}`}, found.cause ?? '–'), ' ', found.question),
  h('p', {class: 'quiet-text'}, [found.db_id, found.hardness].filter(Boolean).join(' · ')), h('h4', {}, t('gold')), h('pre', {class: 'sql'}, h('code', {}, found.gold_sql)),
  h('h4', {}, t('predicted')), h('pre', {class: 'sql'}, h('code', {}, found.predicted_sql || t('nothing')))));

// --- sampling ---

function sweepPart(place, _, studio) {
  const runs = studio.files.models.filter(model => ['run', 'model'].includes(model.kind));
  const values = {model: runs[0]?.name ?? '', temperature: '0,0.7', top_k: '0', top_p: '1'};
  const result = h('div');
  const box = action('sweep', t('sweep_button'), () => values, job => put(result, jobView(job.id, done =>
    done.state === 'done' && put(result, page(`${done.makes[0]}/sweep.html`)), {open: true})));
  const list = name => field(t(name), h('input', {type: 'text', value: values[name], oninput: event => {
    values[name] = event.target.value;
    box.refresh();
  }}), t(`${name}_more`));
  put(place, h('section', {class: 'card'}, h('h2', {}, t('sweep_title')), h('p', {class: 'about'}, t('sweep_more')), h('div', {class: 'row'},
    field(t('model'), suggest(runs.map(run => run.name), values.model, value => {
      values.model = value.trim();
      box.refresh();
    })), dataFields(values, studio, () => box.refresh()), list('temperature'), list('top_k'), list('top_p')), box, result));
}

// --- pages ---

const page = path => h('div', {}, h('p', {}, h('a', {href: `/report?path=${encodeURIComponent(path)}`, target: '_blank', rel: 'noopener'}, t('open_alone')), ' · ',
  h('a', {href: `/download?path=${encodeURIComponent(path)}`, download: ''}, t('download'))), h('iframe', {class: 'page', title: path, sandbox: 'allow-scripts', src: `/report?path=${encodeURIComponent(path)}`}));

async function pagesPart(place, [name]) {
  const {pages} = await get('reports');
  const view = h('div');
  const open = path => put(view, page(path));
  const first = name ? decodeURIComponent(name) : pages[0];
  put(place, h('section', {class: 'card'}, h('h2', {}, t('part_pages')), pages.length ? field(t('page'), choose(pages.includes(first) ? pages : [first, ...pages], first, open)) : h('p', {class: 'empty'}, t('no_pages')), view));
  if (first) open(first);
}
