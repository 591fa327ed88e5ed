// Elements from data: text is always text, never markup.

const SVG = 'http://www.w3.org/2000/svg';
const SVG_TAGS = new Set(['svg', 'path', 'line', 'rect', 'circle', 'text', 'g', 'polyline', 'title']);

/** An element with attributes (`on...` are listeners, `class` and `dataset` as usual) and children: nodes or text. */
export function h(tag, attributes = {}, ...children) {
  const element = SVG_TAGS.has(tag) && tag !== 'title' ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'dataset') Object.assign(element.dataset, value);
    else if (['value', 'checked', 'selected', 'disabled', 'indeterminate'].includes(name) && name in element) element[name] = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(9)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** The children of `element` become `children`. */
export function put(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

let numbered = 0;
export const newId = () => `f${++numbered}`;

/** A labelled control; `about` stands under it. */
export function field(label, control, about) {
  control.id ||= newId();
  const said = about ? h('p', {class: 'about', id: `${control.id}-about`}, about) : null;
  if (said) control.setAttribute('aria-describedby', said.id);
  return h('div', {class: 'field'}, h('label', {for: control.id}, label), control, said);
}

/** A list to choose from. `options` are texts, or pairs of value and text. */
export function choose(options, value, onchange, attributes = {}) {
  const pairs = options.map(option => Array.isArray(option) ? option : [option, option]);
  return h('select', {...attributes, onchange: event => onchange?.(event.target.value)},
    pairs.map(([own, shown]) => h('option', {value: own, selected: own === value}, shown)));
}

/** A text field with suggestions, in which anything may be written. */
export function suggest(options, value, onchange, attributes = {}) {
  const list = h('datalist', {id: newId()}, options.map(option => h('option', {value: option})));
  const input = h('input', {type: 'text', value, list: list.id, autocomplete: 'off', spellcheck: 'false', ...attributes,
    oninput: event => onchange?.(event.target.value)});
  input.suggestions = list;
  queueMicrotask(() => input.after(list));
  return input;
}

export const number = (value, digits = 0) => value === null || value === undefined ? '–'
  : Number(value).toLocaleString('en-US', {minimumFractionDigits: digits, maximumFractionDigits: digits});
export const percent = value => value === null || value === undefined ? '–' : `${(100 * value).toFixed(1)} %`;
export const size = bytes => bytes > 1e9 ? `${number(bytes / 1e9, 1)} GB` : bytes > 1e6 ? `${number(bytes / 1e6, 1)} MB`
  : `${number(Math.max(1, bytes / 1e3))} kB`;
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '–';
  const s = Math.round(seconds), m = Math.floor(s / 60), hours = Math.floor(m / 60);
  return hours ? `${hours} h ${m % 60} m` : m ? `${m} m ${s % 60} s` : `${s} s`;
}
export const baseName = path => String(path).replace(/\/+$/, '').split('/').pop();
