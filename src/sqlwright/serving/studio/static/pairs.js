// Pairs of question and SQL: look at them, edit them, run them, approve them.

import {get, post, startJob} from './api.js';
import {choose, field, h, number, put} from './dom.js';
import {rowsTable} from './answers.js';
import {jobView} from './jobs.js';
import {t} from './words.js';

export function pairsPart(place, [name = '', from = '0'], studio, {plain = false} = {}) {
  const state = {name: decodeURIComponent(name) || studio.files.data[0]?.path || '', start: Number(from) || 0};
  const view = h('div', {class: 'pairs'});
  const open = async () => {
    if (!state.name) {
      put(view, h('p', {class: 'empty'}, t('no_data'), ' ', h('a', {href: '#data/make'}, t('make_pairs'))));
      return;
    }
    try {
      const page = await get('pairs', {path: state.name, start: state.start});
      put(view, pageOf(page, state, open, studio));
    } catch (error) {
      put(view, h('p', {class: 'told bad'}, error.message));
    }
  };
  put(place, plain ? view : h('section', {class: 'card'}, h('h2', {}, t('pairs_title')), h('p', {class: 'about'}, t('pairs_more')),
    h('div', {class: 'row'}, field(t('file'), choose(studio.files.data.map(file => file.path), state.name, value => {
      state.name = value;
      state.start = 0;
      open();
    }))), view));
  open();
}

function pageOf(page, state, open, studio) {
  const told = h('p', {class: 'told', role: 'status'});
  const count = h('b', {id: 'approved-count'}, t('approved_count', {count: number(page.approved)}));
  const save = async changes => {
    try {
      const done = await post('approve', {path: page.file, changes});
      put(count, t('approved_count', {count: number(done.approved)}));
      put(told, t('approved_in', {file: done.file}));
      told.className = 'told';
      return true;
    } catch (error) {
      put(told, error.message);
      told.className = 'told bad';
      return false;
    }
  };
  const move = by => h('button', {type: 'button', class: 'small', disabled: by < 0 ? page.start === 0 : !page.more, onclick: () => {
    state.start = Math.max(0, page.start + by * page.page_size);
    open();
  }}, by < 0 ? t('earlier') : t('later'));
  return [h('div', {class: 'pairs-head'}, count, page.bad_rows ? h('span', {class: 'quiet-text'}, t('unread', {count: page.bad_rows})) : null,
    h('span', {class: 'buttons'}, h('button', {type: 'button', class: 'small', onclick: async () => {
      if (await save(page.pairs.map(pair => ({id: pair.id, ...(pair.approved && {question: pair.approved.question, gold_sql: pair.approved.gold_sql})})))) open();
    }}, t('approve_page')), move(-1), move(1))), told,
  h('ol', {class: 'pair-list', start: page.start + 1}, page.pairs.map(pair => pairRow(pair, save, studio)))];
}

function pairRow(pair, save, studio) {
  const own = pair.approved ?? pair;
  const question = h('textarea', {rows: 2, 'aria-label': t('question'), value: own.question});
  const sql = h('textarea', {rows: 3, class: 'code', spellcheck: 'false', 'aria-label': 'SQL', value: own.gold_sql});
  const result = h('div'), mark = h('span', {class: 'chip good', hidden: !pair.approved}, t('approved'));
  const database = studio.files.databases.find(name => name.replace(/^.*\//, '').replace(/\.\w+$/, '') === pair.db_id) ?? (pair.db_id === 'outdoor_shop' ? 'demo' : '');
  const run = then => async () => {
    try {
      const job = await startJob('run', {database, sql: sql.value});
      put(result, jobView(job.id, done => {
        const outcome = done.result;
        const ok = outcome?.status === 'rows';
        put(result, outcome && (ok ? rowsTable(outcome.result, 5) : h('p', {class: 'told bad'}, outcome.error || outcome.violations.map(v => v.message).join(' ') || outcome.status)));
        if (!outcome) put(result, h('p', {class: 'told bad'}, done.log.text.split('\n').filter(Boolean).pop()));
        if (ok) then?.();
      }, {quiet: true}));
    } catch (error) {
      put(result, h('p', {class: 'told bad'}, error.message));
    }
  };
  const approve = async () => {
    if (await save([{id: pair.id, question: question.value, gold_sql: sql.value}])) {
      mark.hidden = false;
      drop.hidden = false;
    }
  };
  const drop = h('button', {type: 'button', class: 'small quiet', hidden: !pair.approved, onclick: async () => {
    if (await save([{id: pair.id, approved: false}])) mark.hidden = drop.hidden = true;
  }}, t('take_back'));
  return h('li', {class: 'pair', dataset: {id: pair.id}}, h('div', {class: 'pair-texts'}, question, sql), h('div', {class: 'buttons'},
    h('button', {type: 'button', class: 'small', disabled: !database, onclick: run()}, t('run')),
    h('button', {type: 'button', class: 'small primary', title: t('approve_more'), onclick: database ? run(approve) : approve}, t('approve')), drop, mark,
    pair.evidence && h('span', {class: 'quiet-text'}, pair.evidence)), result);
}
