// The frame of the page: tabs, language, light and dark, the panel of jobs. The address says what is open.

import {get, whileShown} from './api.js';
import {dataTab} from './data.js';
import {h, put} from './dom.js';
import {isAlive, jobList} from './jobs.js';
import {proveTab} from './prove.js';
import {trainTab} from './train.js';
import {tryTab} from './try.js';
import {useTab} from './use.js';
import {language, setLanguage, t} from './words.js';

const TABS = {data: dataTab, train: trainTab, prove: proveTab, try: tryTab, use: useTab};
const studio = {start: null, files: null, go: hash => { location.hash = hash; }};

/** What may be chosen, read again: files, databases, models. */
studio.refresh = async () => { studio.files = await get('files'); };

function theme() {
  const chosen = localStorage.getItem('sqlwright-studio-theme');
  const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  return dark;
}

function header(tab) {
  const tabs = h('nav', {class: 'tabs', 'aria-label': t('studio')}, Object.keys(TABS).map(name =>
    h('a', {href: `#${name}`, 'aria-current': name === tab ? 'page' : null}, t(`tab_${name}`))));
  const languages = h('div', {class: 'languages', role: 'group', 'aria-label': t('language')}, [['en', 'EN'], ['zh', '中文']].map(([code, shown]) =>
    h('button', {type: 'button', class: 'quiet small', lang: code, 'aria-pressed': String(language() === code), onclick: () => {
      setLanguage(code);
      draw();
    }}, shown)));
  const light = h('button', {type: 'button', class: 'quiet small', id: 'theme', onclick: () => {
    localStorage.setItem('sqlwright-studio-theme', theme() ? 'light' : 'dark');
    theme();
    light.textContent = theme() ? t('light') : t('dark');
  }}, theme() ? t('light') : t('dark'));
  const count = h('span', {class: 'count', hidden: true});
  const activity = h('button', {type: 'button', class: 'small', id: 'activity', 'aria-expanded': 'false', onclick: () => togglePanel()}, t('activity'), count);
  whileShown(activity, async () => {
    const alive = (await get('jobs')).filter(isAlive).length;
    count.hidden = !alive;
    count.textContent = alive;
  }, 2000);
  return h('header', {class: 'top'}, h('a', {href: '#data', class: 'brand'}, 'sqlwright ', h('span', {}, t('studio'))), tabs,
    h('div', {class: 'settings'}, languages, light, activity));
}

function togglePanel(open = !document.querySelector('#panel')) {
  const button = document.querySelector('#activity');
  document.querySelector('#panel')?.remove();
  button?.setAttribute('aria-expanded', String(open));
  if (!open) {
    button?.focus();
    return;
  }
  const close = h('button', {type: 'button', class: 'small quiet', onclick: () => togglePanel(false)}, t('close'));
  document.body.append(h('aside', {id: 'panel', 'aria-label': t('activity')},
    h('div', {class: 'panel-head'}, h('h2', {}, t('activity')), close), h('p', {class: 'about'}, t('activity_more')), jobList()));
  close.focus();
}

function footer() {
  const {machine, folder, version} = studio.start;
  const parts = [t('cores', {count: machine.cores}), machine.memory_gb && t('memory', {gb: machine.memory_gb}),
    ...machine.gpus.map(gpu => `${gpu.name}, ${gpu.memory_gb} GB`), t('disk', {gb: machine.disk_gb})];
  return h('footer', {}, h('span', {}, t('leaves_nothing')), h('span', {}, `${t('folder')}: ${folder}`), h('span', {}, parts.filter(Boolean).join(' · ')),
    h('span', {}, `sqlwright ${version}`));
}

async function draw() {
  document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en';
  const [name, ...rest] = location.hash.slice(1).split('/'); // what is decoded are the parts, since a path has slashes
  const tab = TABS[name] ? name : 'data';
  document.title = `${t(`tab_${tab}`)} · sqlwright ${t('studio')}`;
  try {
    studio.start ||= await get('start');
    await studio.refresh();
  } catch (error) {
    put(document.body, h('main', {}, h('p', {class: 'told bad', role: 'alert'}, error.message)));
    return;
  }
  const main = h('main', {id: 'main', tabindex: -1, dataset: {tab}});
  const panelWasOpen = Boolean(document.querySelector('#panel'));
  put(document.body, header(tab), main, footer());
  if (panelWasOpen) togglePanel(true);
  TABS[tab](main, rest, studio);
}

addEventListener('hashchange', draw);
addEventListener('keydown', event => {
  if (event.key === 'Escape' && document.querySelector('#panel')) togglePanel(false);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', theme);
theme();
draw();
