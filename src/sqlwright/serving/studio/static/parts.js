// The parts of a tab, as a row of links; the address says which one is open.

import {h, put} from './dom.js';
import {t} from './words.js';

export function parts(main, tab, names, current) {
  const place = h('div', {class: 'part'});
  put(main, h('div', {class: 'intro'}, h('h1', {}, t(`tab_${tab}`)), h('p', {}, t(`intro_${tab}`))),
    names.length > 0 && h('nav', {class: 'parts', 'aria-label': t(`tab_${tab}`)}, names.map(name => h('a', {href: `#${tab}/${name}`, 'aria-current': name === current ? 'page' : null}, t(`part_${name}`)))), place);
  return place;
}
