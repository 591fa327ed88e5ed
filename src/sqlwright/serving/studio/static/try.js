// The tab "Try": one question to two models, side by side, each with its receipt.

import {answer} from './answers.js';
import {startJob} from './api.js';
import {choose, field, h, put, suggest} from './dom.js';
import {commandLines, jobView} from './jobs.js';
import {parts} from './parts.js';
import {t} from './words.js';

export function tryTab(main, _, studio) {
  const models = studio.files.models.map(model => model.name);
  const tuned = studio.files.models.find(model => model.kind === 'run') ?? studio.files.models[1];
  const values = {database: studio.files.databases.find(name => name.startsWith('databases/')) ?? 'demo', base: tuned?.base || 'built-in', tuned: tuned?.name ?? '', question: ''};
  const columns = h('div', {class: 'side-by-side'});
  const told = h('p', {class: 'told', role: 'status'});
  const ask = async event => {
    event.preventDefault();
    values.question = question.value.trim();
    if (!values.question) return;
    put(told);
    put(columns, ['base', 'tuned'].filter(side => values[side]).map(side => column(side)));
  };
  const column = side => {
    const place = h('div'), box = h('section', {class: 'card', dataset: {side}}, h('h2', {}, t(side), ' ', h('small', {}, values[side])), place);
    const fields = {database: values.database, model: values[side], question: values.question};
    startJob('ask', fields).then(job => put(place, commandLines(job.commands), jobView(job.id, done =>
      done.result && put(place, answer(done.result), h('details', {}, h('summary', {}, t('command')), commandLines(done.commands))), {quiet: true})))
      .catch(error => put(place, h('p', {class: 'told bad'}, error.message)));
    return box;
  };
  const question = h('input', {type: 'text', id: 'question', placeholder: t('question_hint'), autocomplete: 'off', maxlength: 8000});
  const place = parts(main, 'try', [], '');
  put(place, h('form', {class: 'card', onsubmit: ask}, h('div', {class: 'row'},
    field(t('database'), choose(studio.files.databases.map(name => [name, name === 'demo' ? t('demo') : name]), values.database, value => { values.database = value; })),
    field(t('base'), suggest(models, values.base, value => { values.base = value.trim(); }, {id: 'base'})),
    field(t('tuned'), suggest(models, values.tuned, value => { values.tuned = value.trim(); }, {id: 'tuned'}), t('model_more'))),
  h('div', {class: 'ask-row'}, question, h('button', {class: 'primary', id: 'ask'}, t('ask'))), told, h('p', {class: 'about'}, t('try_more'))), columns);
  question.focus();
}
