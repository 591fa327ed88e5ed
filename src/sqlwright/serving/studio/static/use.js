// The tab "Use": models at hand, register one for a database, export it, open the chat page with it.

import {baseName, choose, field, h, put, suggest} from './dom.js';
import {action, jobView} from './jobs.js';
import {parts} from './parts.js';
import {t} from './words.js';

export function useTab(main, _, studio) {
  const {models, databases} = studio.files;
  const names = models.map(model => model.name);
  const tuned = models.find(model => model.kind === 'run')?.name ?? names[0];
  const place = parts(main, 'use', [], '');
  put(place, modelTable(models), register(), exporting(), chat());

  function modelTable() {
    return h('section', {class: 'card'}, h('h2', {}, t('models')), h('div', {class: 'table'}, h('table', {}, h('thead', {}, h('tr', {}, ['model', 'model_kind', 'model_base', 'answers'].map(key =>
      h('th', {scope: 'col'}, t(key))))), h('tbody', {}, studio.files.models.map(model => h('tr', {}, h('td', {}, h('b', {}, model.name)), h('td', {}, t(`model_${model.kind}`)), h('td', {}, model.base || '–'),
      h('td', {}, model.databases.map(text => baseName(text.replace(/^\w+ /, ''))).join(', ') || '–')))))));
  }

  function database(values, changed) {
    return field(t('database'), choose(databases.map(name => [name, name === 'demo' ? t('demo') : name]), values.database, value => {
      values.database = value;
      changed();
    }));
  }

  function model(values, changed) {
    return field(t('model'), suggest(names, values.model, value => {
      values.model = value.trim();
      changed();
    }));
  }

  function card(kind, title, values, controls, label, after) {
    const result = h('div', {id: `${kind}-result`});
    const box = action(kind, label, () => values, job => put(result, jobView(job.id, done => after?.(done, result), {open: kind === 'export'})));
    return h('section', {class: 'card'}, h('h2', {}, t(title)), h('p', {class: 'about'}, t(`${title}_more`)), h('div', {class: 'row'}, controls(() => box.refresh())), box, result);
  }

  function register() {
    const values = {model: tuned, database: databases.find(name => name.startsWith('databases/')) ?? databases[0], name: ''};
    return card('register', 'register', values, changed => [model(values, changed), database(values, changed),
      field(t('own_name'), h('input', {type: 'text', oninput: event => {
        values.name = event.target.value.trim();
        changed();
      }}), t('own_name_more'))], t('register_button'), async (done, result) => {
      if (!done.result) return;
      await studio.refresh();
      main.querySelector('table').closest('section').replaceWith(modelTable());
      result.append(h('p', {class: 'told good'}, t('registered', done.result)));
    });
  }

  function exporting() {
    const values = {model: tuned, format: 'safetensors', quantize: '', data: '', databases: ''};
    return card('export', 'export', values, changed => [model(values, changed), field(t('export_format'), choose([['safetensors', t('safetensors')], ['gguf', t('gguf')]], 'safetensors', value => {
      values.format = value;
      changed();
    })), field(t('quantize'), choose([['', t('as_stored')], 'f32', 'f16', 'bf16', 'q8_0', 'q4_0'], '', value => {
      values.quantize = value;
      changed();
    }), t('quantize_more'))], t('export_button'), (done, result) => done.result && result.append(h('p', {class: 'told good'}, t('exported', {out: done.result.out}))));
  }

  function chat() {
    const values = {databases: [databases[0]], models: ['built-in']};
    const result = h('div');
    const box = action('chat', t('chat_button'), () => values, job => {
      const view = jobView(job.id, null, {open: true});
      put(result, view);
      new MutationObserver((_, observer) => {
        const url = view.querySelector('.log').textContent.match(/http:\/\/[\d.]+:\d+/);
        if (!url) return;
        observer.disconnect();
        result.append(h('p', {class: 'told good'}, h('a', {href: url[0], target: '_blank', rel: 'noopener'}, t('open_chat'))));
      }).observe(view, {childList: true, subtree: true});
    });
    return h('section', {class: 'card'}, h('h2', {}, t('chat_title')), h('p', {class: 'about'}, t('chat_more')), h('div', {class: 'row'},
      field(t('database'), choose(databases.map(name => [name, name === 'demo' ? t('demo') : name]), databases[0], value => {
        values.databases = [value];
        box.refresh();
      })), field(t('model'), suggest(names, 'built-in', value => {
        values.models = value.trim() ? [value.trim()] : [];
        box.refresh();
      }))), box, result);
  }
}
