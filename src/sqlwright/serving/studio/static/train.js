// The tab "Train": a new run from a form or a YAML file, tuning to a database in one step, the runs.

import {debounced, get, post, startJob} from './api.js';
import {baseName, choose, field, h, number, percent, put, suggest} from './dom.js';
import {stageForm} from './form.js';
import {action, jobView, stateChip} from './jobs.js';
import {parts} from './parts.js';
import {runView} from './run.js';
import {t} from './words.js';

export function trainTab(main, [part = 'new', ...rest], studio) {
  const place = parts(main, 'train', ['new', 'adapt', 'runs'], part);
  if (studio.start.missing) {
    put(place, h('p', {class: 'told bad'}, studio.start.missing));
    return;
  }
  ({new: newRun, adapt: adaptPart, runs: runsPart}[part] || newRun)(place, rest, studio);
}

// --- a new run ---

const draft = {values: null, fields: []}; // what was filled in, while the page is open

function newRun(place, _, studio) {
  const body = h('div'), told = h('div', {class: 'notes-place'});
  const begin = async (values, notes = []) => {
    draft.values = {...values};
    draft.fields = await get('form', {stage: values.stage});
    put(told, notes.length > 0 && h('ul', {class: 'notes'}, notes.map(note => h('li', {}, note))));
    put(body, editor(studio));
  };
  const load = async given => {
    try {
      const {runs, notes} = await post('read-config', given);
      await begin(runs[0], notes);
      paste.open = false;
      if (runs.length > 1) put(told, h('p', {class: 'told'}, t('several_runs', {count: runs.length})), runs.map((run, n) =>
        h('button', {type: 'button', class: 'small', onclick: () => begin(run)}, `${n + 1}: ${run.stage} → ${run.output_dir}`)));
    } catch (error) {
      put(told, h('p', {class: 'told bad', role: 'alert'}, error.message));
    }
  };
  const starts = Object.entries(studio.start.starts).map(([name, values]) => [name, values]);
  const file = h('input', {type: 'file', class: 'hidden-file', id: 'yaml-file', accept: '.yaml,.yml,.json', onchange: async () => {
    if (!file.files[0]) return;
    await load({text: await file.files[0].text()});
    file.value = '';
  }});
  const text = h('textarea', {rows: 6, class: 'code', id: 'yaml-text', spellcheck: 'false', placeholder: 'stage: sft\n...'});
  const paste = h('details', {class: 'paste'}, h('summary', {}, t('paste_yaml')), text,
    h('button', {type: 'button', class: 'small', id: 'read-yaml', onclick: () => load({text: text.value})}, t('read_yaml')));
  put(place, h('section', {class: 'card'}, h('h2', {}, t('begin_with')), h('div', {class: 'starts'}, starts.map(([name, values]) =>
    h('button', {type: 'button', class: 'start', dataset: {start: name}, onclick: () => begin(values)}, h('b', {}, t(`start_${name}`)), h('span', {}, t(`start_${name}_more`)))),
  h('button', {type: 'button', class: 'start', dataset: {start: 'stage'}, onclick: () => begin({stage: 'parser', output_dir: 'runs/parser', databases: 'databases', model_name_or_path: 'built-in'})},
    h('b', {}, t('start_parser')), h('span', {}, t('start_parser_more')))),
  h('div', {class: 'row'}, field(t('saved_configs'), choose([['', t('choose')], ...studio.files.configs.map(found => found.path)], '', path => path && load({path}), {id: 'saved'})),
    field(t('stage'), choose([['', t('choose')], ...Object.entries(studio.start.stages).map(([name, summary]) => [name, `${name}: ${summary}`])], '', stage => stage && begin({stage, output_dir: `runs/${stage}`}), {id: 'stage'})),
    h('span', {class: 'upload'}, file, h('label', {for: 'yaml-file', class: 'button'}, t('open_yaml')))),
  paste), told, body);
  if (draft.values) put(body, editor(studio));
}

function editor(studio) {
  const {values, fields} = draft;
  const yaml = h('code'), problems = h('p', {class: 'told', role: 'status'}), result = h('div', {id: 'dry-run'});
  const folders = studio.files.folders, data = studio.files.data.map(file => file.path);
  const models = studio.files.models.map(model => model.name).filter(name => values.stage === 'parser' || name !== 'built-in');
  const suggestions = {dataset: ['demo', 'synthetic:1000', ...data], eval_dataset: ['demo', ...data], databases: folders, model_name_or_path: models};
  const check = debounced(async () => {
    try {
      const found = await post('check-config', {values});
      yaml.textContent = found.yaml;
      form.show(found.problems);
      const others = found.problems.filter(problem => !fields.some(own => own.key === problem.key));
      put(problems, others.length ? others.map(problem => problem.message).join(' ') : found.problems.length ? t('not_accepted', {count: found.problems.length}) : t('accepted'));
      problems.className = found.problems.length ? 'told bad' : 'told good';
      for (const button of buttons) button.disabled = found.problems.length > 0;
    } catch (error) {
      put(problems, error.message);
      problems.className = 'told bad';
    }
  }, 200);
  const name = () => baseName(values.output_dir ?? '');
  const saved = async then => {
    try {
      const {path} = await post('save-config', {name: name(), values});
      await then(path);
    } catch (error) {
      put(problems, error.message);
      problems.className = 'told bad';
    }
  };
  const dry = h('button', {type: 'button', id: 'dry', onclick: () => saved(async config => {
    const job = await startJob('dry-run', {config});
    put(result, jobView(job.id, done => done.result?.length && put(result, dryRun(done.result[0], studio))));
    result.scrollIntoView({block: 'nearest'});
  })}, t('dry_run'));
  const start = h('button', {type: 'button', class: 'primary', id: 'start-training', onclick: () => saved(async config => {
    const job = await startJob('train', {config});
    studio.go(`train/runs/${encodeURIComponent(job.runs[0])}`);
  })}, t('start_training'));
  const save = h('button', {type: 'button', id: 'save-yaml', onclick: () => saved(async path => {
    put(problems, t('saved_as', {path}), ' ', h('a', {href: `/download?path=${encodeURIComponent(path)}`, download: ''}, t('download')));
    await studio.refresh();
  })}, t('save_yaml'));
  const buttons = [dry, start, save];
  const form = stageForm(fields, studio.start.groups, values, check, suggestions);
  check();
  return h('div', {class: 'editor'}, h('section', {class: 'card'}, h('h2', {}, t('settings_of', {stage: values.stage}), h('small', {}, ` ${studio.start.stages[values.stage]}`)), form),
    h('aside', {class: 'card side'}, h('h2', {}, 'YAML'), h('pre', {class: 'yaml', tabindex: 0, 'aria-label': 'YAML'}, yaml), problems,
      h('div', {class: 'buttons'}, start, dry, save), h('p', {class: 'about'}, h('code', {}, `sqlwright train configs/${name() || 'NAME'}.yaml`)), result));
}

/** The first example with what is trained in it, and the forecast beside what this machine has. */
function dryRun(found, studio) {
  const {machine} = studio.start;
  const needed = Number(found.forecast.join(' ').match(/about ([\d.]+) GB/)?.[1]);
  const gpu = machine.gpus[0], there = gpu ? gpu.memory_gb : machine.available_gb ?? machine.memory_gb;
  const fits = needed && there ? needed <= there : null;
  const bar = h('span', {class: `bar ${fits === false ? 'bad' : 'good'}`});
  bar.style.width = `${Math.min(100, 100 * needed / there)}%`;
  return h('div', {class: 'dry-run'}, fits !== null && h('div', {class: 'fits'}, h('b', {class: fits ? 'good-text' : 'bad-text'}, fits ? t('fits') : t('does_not_fit')),
    h('span', {class: 'bar-line'}, bar), h('span', {}, t('needs_of', {needed: number(needed, 1), there: number(there, 1), where: gpu ? gpu.name : t('this_machine')}))),
  h('h3', {}, t('forecast')), h('pre', {class: 'lines'}, [...found.forecast, ...found.parameters].join('\n')),
  h('h3', {}, t('first_example')), h('p', {class: 'about'}, t('mask_more')),
  h('pre', {class: 'example', tabindex: 0}, found.example.map(([text, trained]) => h('span', {class: trained ? 'trained' : ''}, text))));
}

// --- tuned to a database in one step ---

function adaptPart(place, _, studio) {
  const values = {database: studio.files.databases.find(name => name.startsWith('databases/')) ?? 'demo', model: 'built-in', count: 1500, steps: null};
  const result = h('div');
  const box = action('adapt', t('adapt_button'), () => values, job => put(result, jobView(job.id, done => done.result && put(result, adapted(done.result)), {open: true})));
  const whole = (name, least) => h('input', {type: 'number', min: least, value: values[name] ?? '', placeholder: t('automatic'), oninput: event => {
    values[name] = event.target.value === '' ? null : Number(event.target.value);
    box.refresh();
  }});
  put(place, h('section', {class: 'card'}, h('h2', {}, t('adapt_title')), h('p', {class: 'about'}, t('adapt_more')), h('div', {class: 'row'},
    field(t('database'), choose(studio.files.databases.map(name => [name, name === 'demo' ? t('demo') : name]), values.database, value => {
      values.database = value;
      box.refresh();
    })), field(t('model'), suggest(studio.files.models.map(model => model.name), values.model, value => {
      values.model = value.trim();
      box.refresh();
    }), t('adapt_model_more')), field(t('count'), whole('count', 100)), field(t('steps'), whole('steps', 1))), box, result));
}

function adapted(found) {
  return h('div', {}, h('p', {class: `told ${found.promoted ? 'good' : ''}`}, found.reason), h('p', {}, found.promoted ? t('adapted_used', {name: found.name}) : t('adapted_kept', {name: found.name})),
    h('iframe', {class: 'page', title: t('report'), sandbox: 'allow-scripts', src: `/report?path=${encodeURIComponent(found.page)}`}));
}

// --- the runs ---

async function runsPart(place, [name], studio) {
  if (name) {
    runView(place, decodeURIComponent(name), studio);
    return;
  }
  const runs = await get('runs');
  put(place, h('section', {class: 'card'}, h('h2', {}, t('runs')), runs.length ? h('div', {class: 'table'}, h('table', {}, h('thead', {}, h('tr', {}, ['run_head', 'state', 'stage_head', 'step', 'loss', 'score', 'time', 'gb']
    .map((key, n) => h('th', {scope: 'col', class: n > 2 ? 'number' : ''}, t(key))))), h('tbody', {}, runs.map(run => h('tr', {}, h('td', {}, h('a', {href: `#train/runs/${encodeURIComponent(run.path)}`}, run.path)),
    h('td', {}, stateChip(run.state)), h('td', {}, run.stage), h('td', {class: 'number'}, `${number(run.step)} / ${number(run.steps)}`), h('td', {class: 'number'}, number(run.loss, 3)),
    h('td', {class: 'number'}, percent(run.score)), h('td', {class: 'number'}, run.elapsed_s ? `${number(run.elapsed_s)} s` : '–'), h('td', {class: 'number'}, number(run.peak_gb, 2))))))) : h('p', {class: 'empty'}, t('no_runs'))),
  runs.length > 1 && differences(runs));
}

/** What the newest runs were set to differently: the settings in which they differ. */
function differences(runs) {
  const some = runs.filter(run => Object.keys(run.config).length).slice(0, 6);
  const keys = [...new Set(some.flatMap(run => Object.keys(run.config)))].filter(key => key !== 'output_dir' && new Set(some.map(run => JSON.stringify(run.config[key]))).size > 1);
  if (some.length < 2 || !keys.length) return null;
  return h('section', {class: 'card'}, h('h2', {}, t('run_differences')), h('div', {class: 'table'}, h('table', {}, h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, t('setting')), some.map(run => h('th', {scope: 'col'}, baseName(run.path))))),
    h('tbody', {}, keys.map(key => h('tr', {}, h('td', {}, h('code', {}, key)), some.map(run => h('td', {}, run.config[key] === undefined ? '–' : typeof run.config[key] === 'object' ? JSON.stringify(run.config[key]) : String(run.config[key])))))))));
}
