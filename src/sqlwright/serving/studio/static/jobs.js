// Jobs on the page: the command to come, a job as it runs, the list of all.

import {debounced, get, post, startJob, whileShown} from './api.js';
import {duration, h, number, put} from './dom.js';
import {t} from './words.js';

export const isAlive = job => ['waiting', 'running'].includes(job.state);

/** Commands as they are typed in a terminal, with a button that copies them. */
export function commandLines(commands) {
  const copy = h('button', {type: 'button', class: 'quiet small', onclick: async () => {
    await navigator.clipboard?.writeText(commands.join('\n'));
    copy.textContent = t('copied');
  }}, t('copy'));
  return h('div', {class: 'command'}, h('pre', {tabindex: 0, 'aria-label': t('command')}, commands.map(line => h('code', {}, line))), copy);
}

/** A button with the command that it starts. `fields` gives the form's values; `started` gets the job. */
export function action(kind, label, fields, started, {attributes = {}} = {}) {
  const shown = h('div', {class: 'command-place'}), told = h('p', {class: 'told', role: 'status'});
  const button = h('button', {type: 'button', class: 'primary', dataset: {kind}, ...attributes, onclick: async () => {
    button.disabled = true;
    try {
      started(await startJob(kind, fields()));
      told.textContent = '';
    } catch (error) {
      told.textContent = error.message;
      told.className = 'told bad';
    } finally {
      button.disabled = false;
    }
  }}, label);
  const refresh = debounced(async () => {
    try {
      const {commands} = await post('command', {kind, fields: fields()});
      put(shown, commandLines(commands));
      put(told);
    } catch (error) {
      put(shown);
      put(told, error.message);
      told.className = 'told';
    }
  });
  const box = h('div', {class: 'action'}, button, shown, told);
  box.refresh = refresh;
  refresh();
  return box;
}

export const stateChip = state => h('span', {class: `chip state-${state}`}, t(`state_${state}`));

/** A job: state, time, log, stop. `done` gets the job with its result once it has ended. */
export function jobView(id, done, {open = false, quiet = false} = {}) {
  const head = h('div', {class: 'job-head'}), log = h('pre', {class: 'log', tabindex: 0, 'aria-label': t('log')});
  const folded = h('details', {class: 'job-log', open}, h('summary', {}, t('log')), log);
  const box = h('section', {class: 'job', dataset: {job: id}}, head, quiet ? null : folded);
  let from = '', finished = false;
  const began = Date.now();
  whileShown(box, async () => {
    const job = await get('job', {id, ...(from !== '' && {from})});
    from = job.log.next;
    if (job.log.text) {
      const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      log.append(job.log.text);
      if (atEnd) log.scrollTop = log.scrollHeight;
    }
    const memory = job.usage.length ? job.usage[job.usage.length - 1] : null;
    const steps = job.commands.length > 1 && isAlive(job) ? t('command_of', {step: job.step + 1, count: job.commands.length}) : '';
    const time = job.started ? duration(((job.ended ? Date.parse(job.ended) : Date.now()) - Date.parse(job.started)) / 1000) : '';
    put(head, stateChip(job.state), h('span', {class: 'quiet-text'}, [t(`kind_${job.kind}`), job.title, steps, time,
      memory && `${number(memory.gb, 2)} GB`].filter(Boolean).join(' · ')), isAlive(job) && stopButtons(job));
    box.dataset.state = job.state;
    if (isAlive(job)) return true;
    if (!finished) {
      finished = true;
      if (job.state !== 'done') {
        folded.open = true;
        if (quiet) box.append(h('p', {class: 'told bad'}, lastLines(log.textContent) || t(`state_${job.state}`)));
      }
      done?.(job);
    }
    return false;
  }, Date.now() - began < 3000 ? 400 : 800);
  return box;
}

const lastLines = text => text.split('\n').filter(line => line && !line.startsWith('$')).slice(-3).join(' ');

export function stopButtons(job) {
  const stop = atOnce => async event => {
    event.target.disabled = true;
    await post('stop-job', {id: job.id, at_once: atOnce});
  };
  const saves = ['train', 'adapt'].includes(job.kind);
  return h('span', {class: 'buttons'}, h('button', {type: 'button', class: 'small', onclick: stop(false), title: saves ? t('stop_saves') : ''},
    saves ? t('stop_and_save') : t('stop')), saves && h('button', {type: 'button', class: 'small quiet', onclick: stop(true)}, t('stop_at_once')));
}

/** The panel with all jobs, newest first. */
export function jobList() {
  const list = h('ul', {class: 'job-list'});
  let before = '';
  whileShown(list, async () => {
    const jobs = await get('jobs');
    const now = JSON.stringify(jobs);
    if (now !== before) put(list, jobs.length ? jobs.map(line) : h('li', {class: 'quiet-text'}, t('no_jobs')));
    before = now;
  }, 1500);
  return list;
}

function line(job) {
  const place = h('div');
  return h('li', {}, h('div', {class: 'job-line'}, stateChip(job.state), h('b', {}, t(`kind_${job.kind}`)), h('span', {class: 'quiet-text'}, job.title),
    h('button', {type: 'button', class: 'small quiet', 'aria-expanded': 'false', onclick: event => {
      const opened = place.childElementCount > 0;
      put(place, opened ? null : [commandLines(job.commands), jobView(job.id, null, {open: true})]);
      event.target.setAttribute('aria-expanded', String(!opened));
    }}, t('details'))), place);
}
