// Plots as SVG: curves over steps, bars, histograms. Each says in words what it shows.

import {h, number} from './dom.js';

const W = 400, H = 180, LEFT = 48, TOP = 12, RIGHT = 12, BELOW = 26;

const short = value => Math.abs(value) >= 1e4 ? `${number(value / 1e3)}k` : Math.abs(value) >= 100 ? number(value)
  : Math.abs(value) >= 1 ? number(value, 2) : value === 0 ? '0' : Number(value).toPrecision(2);

/** A curve. `points` are [step, value]; `show` writes a value; with `smooth` the raw line stays faint behind. */
export function curve(title, points, {show = short, top, smooth = false, unit = 'step'} = {}) {
  if (points.length < 1) return null;
  const xs = points.map(p => p[0]), ys = points.map(p => p[1]);
  const first = xs[0], last = Math.max(xs[xs.length - 1], first + 1);
  const high = top ?? (Math.max(...ys) * 1.06 || 1), low = top ? 0 : Math.min(0, ...ys) < 0 ? Math.min(...ys) : Math.min(...ys) * 0.94;
  const x = v => LEFT + (W - LEFT - RIGHT) * (v - first) / (last - first);
  const y = v => TOP + (H - TOP - BELOW) * (1 - (v - low) / Math.max(high - low, 1e-12));
  const path = values => points.map((p, i) => `${i ? 'L' : 'M'}${x(p[0]).toFixed(1)} ${y(values[i]).toFixed(1)}`).join('');
  const averaged = smooth && points.length > 8 ? mean(ys) : null;
  const ticks = [0, 1, 2, 3].map(i => low + (high - low) * i / 3);
  const svg = h('svg', {viewBox: `0 0 ${W} ${H}`, class: 'plot', role: 'img',
    'aria-label': `${title}: ${show(ys[0])} at ${unit} ${first}, ${show(ys[ys.length - 1])} at ${unit} ${xs[xs.length - 1]}`},
  ticks.map(v => h('g', {}, h('line', {x1: LEFT, x2: W - RIGHT, y1: y(v), y2: y(v), class: 'grid'}),
    h('text', {x: LEFT - 8, y: y(v) + 4, class: 'tick end'}, show(v)))),
  h('text', {x: LEFT, y: H - 6, class: 'tick'}, number(first)),
  h('text', {x: W - RIGHT, y: H - 6, class: 'tick end'}, unit === 's' ? `${number(xs[xs.length - 1])} s` : `${unit} ${number(xs[xs.length - 1])}`),
  h('path', {d: path(ys), class: averaged ? 'curve faint' : 'curve'}),
  averaged && h('path', {d: path(averaged), class: 'curve'}),
  points.length <= 40 && points.map((p, i) => h('circle', {cx: x(p[0]), cy: y(ys[i]), r: 2.6, class: 'dot'})));
  const marker = h('g', {class: 'marker', visibility: 'hidden'}, h('line', {y1: TOP, y2: H - BELOW, class: 'cross'}), h('text', {y: TOP + 8, class: 'said'}));
  svg.append(marker);
  svg.addEventListener('pointermove', event => {
    const box = svg.getBoundingClientRect(), at = (event.clientX - box.left) / box.width * W;
    const near = points.reduce((best, p, i) => Math.abs(x(p[0]) - at) < Math.abs(x(points[best][0]) - at) ? i : best, 0);
    const where = x(points[near][0]), [line, text] = marker.children;
    line.setAttribute('x1', where);
    line.setAttribute('x2', where);
    text.setAttribute('x', where > W / 2 ? where - 6 : where + 6);
    text.setAttribute('class', where > W / 2 ? 'said end' : 'said');
    text.textContent = `${show(ys[near])} · ${unit} ${number(points[near][0])}`;
    marker.setAttribute('visibility', 'visible');
  });
  svg.addEventListener('pointerleave', () => marker.setAttribute('visibility', 'hidden'));
  return h('figure', {class: 'figure'}, h('figcaption', {}, title, h('b', {}, show(ys[ys.length - 1]))), svg);
}

/** An exponential mean, corrected for its start. */
function mean(values, keep = 0.9) {
  let sum = 0;
  return values.map((value, i) => {
    sum = keep * sum + (1 - keep) * value;
    return sum / (1 - keep ** (i + 1));
  });
}

/** Horizontal bars of [name, count, kind]; `pick` makes them buttons. */
export function bars(title, rows, {pick, chosen, total} = {}) {
  const most = Math.max(1, total ?? 0, ...rows.map(row => row[1]));
  return h('figure', {class: 'figure'}, h('figcaption', {}, title), h('ul', {class: 'bars'}, rows.map(([name, count, kind = '']) => {
    const share = h('span', {class: `bar ${kind}`});
    share.style.width = `${100 * count / most}%`;
    const inner = [h('span', {class: 'bar-name'}, name), h('span', {class: 'bar-line'}, share), h('span', {class: 'bar-count'}, number(count))];
    return h('li', {}, pick ? h('button', {type: 'button', 'aria-pressed': String(chosen === name), onclick: () => pick(name)}, inner)
      : h('div', {}, inner));
  })));
}

/** Bars over ranges: {low, high, count}. */
export function histogram(title, found, unit) {
  if (!found?.length) return null;
  const most = Math.max(...found.map(bar => bar.count)), width = (W - LEFT - RIGHT) / found.length, tall = 130;
  const low = found[0].low, high = found[found.length - 1].high;
  return h('figure', {class: 'figure'}, h('figcaption', {}, title, h('b', {}, `${number(low)}–${number(high)} ${unit}`)),
    h('svg', {viewBox: `0 0 ${W} ${tall + BELOW}`, class: 'plot', role: 'img',
      'aria-label': `${title}: ${found.map(b => `${b.low} to ${b.high} ${unit}: ${b.count}`).join(', ')}`},
    h('text', {x: LEFT - 8, y: 18, class: 'tick end'}, number(most)), h('line', {x1: LEFT, x2: W - RIGHT, y1: tall, y2: tall, class: 'grid'}),
    found.map((bar, i) => {
      const height = bar.count ? Math.max(2, (tall - 10) * bar.count / most) : 0;
      return h('rect', {x: LEFT + i * width + 1, y: tall - height, width: Math.max(1, width - 2), height, rx: 1.5, class: 'column'});
    }),
    h('text', {x: LEFT, y: tall + 18, class: 'tick'}, number(low)), h('text', {x: W - RIGHT, y: tall + 18, class: 'tick end'}, `${number(high)} ${unit}`)));
}

/** A value with its interval on a line from 0 to 1. */
export function score(value, interval) {
  const svg = h('svg', {viewBox: '0 0 120 16', class: 'score', 'aria-hidden': 'true'}, h('line', {x1: 2, x2: 118, y1: 8, y2: 8, class: 'grid'}));
  const x = v => 2 + 116 * v;
  if (interval) svg.append(h('line', {x1: x(interval[0]), x2: x(interval[1]), y1: 8, y2: 8, class: 'whisker'}));
  if (value !== null && value !== undefined) svg.append(h('circle', {cx: x(value), cy: 8, r: 4, class: 'dot'}));
  return svg;
}
