// The form of a training stage, from the description that the server gives of each setting.

import {h, put} from './dom.js';
import {column, t} from './words.js';

const titled = key => {
  const words = key.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** `fields` of one stage; `values` is changed in place and `changed` is called. `suggestions` are lists by setting. */
export function stageForm(fields, groups, values, changed, suggestions) {
  const rows = new Map();
  const all = {on: false};
  const sections = groups.map(group => {
    const own = fields.filter(field => field.group === group.name);
    if (!own.length) return null;
    const made = own.map(field => {
      const row = settingRow(field, values, () => {
        if (field.key === 'finetuning_type') update();
        changed();
      }, suggestions[field.key] ?? []);
      rows.set(field.key, row);
      return row;
    });
    return h('fieldset', {class: 'group', dataset: {group: group.name}}, h('legend', {}, group.title[column()]), made);
  });
  // Settings that mean something only beside another method of tuning stay away with it, unless they are set.
  const method = () => values.finetuning_type ?? fields.find(field => field.key === 'finetuning_type')?.default;
  const fits = field => !field.needs.length || field.needs.includes(method());
  const update = () => {
    for (const field of fields) rows.get(field.key).hidden = !(field.key in values) && !(fits(field) && (all.on || field.common));
    for (const section of sections) if (section) section.hidden = ![...section.querySelectorAll('.setting')].some(row => !row.hidden);
  };
  const more = h('button', {type: 'button', class: 'small', id: 'all-settings', 'aria-pressed': 'false', onclick: () => {
    all.on = !all.on;
    more.setAttribute('aria-pressed', String(all.on));
    more.textContent = all.on ? t('fewer_settings') : t('all_settings', {count: fields.length});
    update();
  }}, t('all_settings', {count: fields.length}));
  update();
  const form = h('div', {class: 'stage-form'}, h('div', {class: 'buttons'}, more), sections);
  /** Marks the settings that are not accepted. */
  form.show = problems => {
    for (const [key, row] of rows) {
      const said = problems.filter(problem => problem.key === key).map(problem => problem.message);
      const place = row.querySelector('.problem');
      put(place, said.join(' '));
      place.hidden = !said.length;
      row.classList.toggle('wrong', said.length > 0);
      if (said.length) row.hidden = false;
    }
  };
  return form;
}

function settingRow(field, values, changed, options) {
  const id = `setting-${field.key}`;
  const set = value => {
    if (value === undefined) delete values[field.key];
    else values[field.key] = value;
    changed();
  };
  const control = controlOf(field, values[field.key], set, id, options);
  control.setAttribute('aria-describedby', `${id}-about`);
  const chips = options.length > 0 && field.kind === 'names' ? h('div', {class: 'chips'}, options.map(option => h('button', {type: 'button', class: 'small quiet', onclick: () => {
    const now = control.value.split(',').map(text => text.trim()).filter(Boolean);
    const next = now.includes(option) ? now.filter(text => text !== option) : [...now, option];
    control.value = next.join(', ');
    set(next.length ? next : undefined);
  }}, option))) : null;
  const shownDefault = field.required ? t('required') : t('default', {value: written(field.default)});
  return h('div', {class: 'setting', dataset: {key: field.key}}, h('div', {class: 'setting-control'}, h('label', {for: id}, titled(field.key), ' ', h('code', {}, field.key)), control, chips,
    h('p', {class: 'problem', role: 'alert', hidden: true})), h('p', {class: 'about', id: `${id}-about`}, field.about[column()], ' ', h('span', {class: 'default'}, shownDefault)));
}

const written = value => value === '' || value === null || value === undefined || value.length === 0 ? t('empty') : typeof value === 'object' ? JSON.stringify(value) : String(value);

function controlOf(field, value, set, id, options) {
  if (field.kind === 'flag') {
    return h('input', {type: 'checkbox', role: 'switch', id, checked: value ?? field.default, onchange: event => set(event.target.checked)});
  }
  if (field.kind === 'choice') {
    const given = value === undefined ? field.default : value;
    const select = h('select', {id, onchange: () => set(field.choices[select.selectedIndex])}, field.choices.map(choice =>
      h('option', {selected: choice === given}, choice === '' || choice === null ? t('automatic') : String(choice))));
    return select;
  }
  const read = {
    whole: text => Number.isInteger(Number(text)) ? Number(text) : text,
    number: text => Number.isFinite(Number(text)) ? Number(text) : text,
    names: text => text.split(',').map(part => part.trim()).filter(Boolean),
    yaml: text => { try { return JSON.parse(text); } catch { return text; } },
    text: text => text,
  }[field.kind] ?? (text => text);
  const shown = value === undefined ? '' : Array.isArray(value) ? value.join(', ') : typeof value === 'object' && value !== null ? JSON.stringify(value, null, 1) : String(value);
  const oninput = event => set(event.target.value.trim() === '' ? undefined : read(event.target.value.trim()));
  if (field.kind === 'yaml') return h('textarea', {id, rows: 5, class: 'code', spellcheck: 'false', value: shown, placeholder: '{"name": 1}', oninput});
  const input = h('input', {type: 'text', id, value: shown, placeholder: field.required ? '' : written(field.default), autocomplete: 'off', spellcheck: 'false',
    inputmode: ['whole', 'number'].includes(field.kind) ? 'decimal' : null, oninput});
  if (options.length && field.kind === 'text') {
    const list = h('datalist', {id: `${id}-list`}, options.map(option => h('option', {value: option})));
    input.setAttribute('list', list.id);
    queueMicrotask(() => input.after(list));
  }
  return input;
}
