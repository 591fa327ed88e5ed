// One training run while it goes: progress, curves, memory, log; stop and resume.

import {get, post, whileShown} from './api.js';
import {curve} from './charts.js';
import {duration, h, number, percent, put} from './dom.js';
import {commandLines, jobView, stateChip, stopButtons} from './jobs.js';
import {t} from './words.js';

export function runView(place, name, studio) {
  const head = h('div', {class: 'run-head'}), plots = h('div', {class: 'plots'}), told = h('p', {class: 'told', role: 'status'});
  const facts = h('div'), jobPlace = h('div'), command = h('div');
  const box = h('section', {class: 'card run', dataset: {run: name}}, h('a', {href: '#train/runs', class: 'small-link'}, `← ${t('runs')}`), h('h2', {}, name), head, told, plots, facts, command, jobPlace);
  put(place, box);
  let shownJob = null, before = '';
  const resume = async event => {
    event.target.disabled = true;
    try {
      await post('resume-run', {path: name});
      put(told);
    } catch (error) {
      put(told, error.message);
      told.className = 'told bad';
      event.target.disabled = false;
    }
  };
  whileShown(box, async () => {
    const [run, jobs] = await Promise.all([get('run', {path: name}), get('jobs')]);
    const job = jobs.find(found => found.id === run.job);
    const usage = job ? (await get('job', {id: job.id, from: 'none'})).usage : [];
    const now = JSON.stringify([run, job, usage.length]);
    if (now === before) return;
    before = now;
    box.dataset.state = run.state;
    const progress = h('progress', {max: run.steps || 1, value: run.step, 'aria-label': t('step')});
    const alive = ['waiting', 'running'].includes(run.state);
    put(head, stateChip(run.state), run.steps > 0 && [progress, h('span', {}, `${number(run.step)} / ${number(run.steps)}`)],
      alive && run.left_s !== null && run.left_s !== undefined && h('span', {class: 'quiet-text'}, t('left', {time: duration(run.left_s)})),
      h('span', {class: 'buttons'}, alive && job && stopButtons(job), ['stopped', 'failed'].includes(run.state) && h('button', {type: 'button', class: 'primary small', id: 'resume', onclick: resume}, t('resume')),
        run.finished && h('a', {class: 'button small', href: '#try'}, t('try_it')), run.pages.map(page =>
          h('a', {class: 'button small', href: `#prove/pages/${encodeURIComponent(`${name}/${page}`)}`}, t(`page_${page.replace('.html', '')}`)))));
    const memory = usage.map(row => [row.s, row.gb]), gpu = usage.filter(row => row.gpu_gb).map(row => [row.s, row.gpu_gb]);
    put(plots, Object.entries(run.curves).map(([key, points]) => curve(t(`curve_${key}`), points, {smooth: key === 'loss', ...(key.includes('accuracy') && {show: percent, top: 1})})),
      memory.length > 0 && curve(t('curve_memory'), memory, {unit: 's', show: v => `${number(v, 2)} GB`}), gpu.length > 0 && curve(t('curve_gpu'), gpu, {unit: 's', show: v => `${number(v, 2)} GB`}));
    if (run.finished && run.forecast) put(facts, h('p', {class: 'about'}, t('took', {time: duration(run.elapsed_s), gb: number(run.peak_gb, 2)}), ' ', t('had_forecast', {forecast: run.forecast})));
    if (job && job.id !== shownJob) {
      shownJob = job.id;
      put(command, commandLines(job.commands));
      put(jobPlace, jobView(job.id, () => studio.refresh(), {open: !run.finished}));
    }
  }, 1000);
}
