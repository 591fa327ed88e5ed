// Calls of the server; an error is an Error with the server's sentence.

async function answer(response) {
  const data = await response.json().catch(() => ({error: `${response.status} ${response.statusText}`}));
  if (!response.ok) throw new Error(data.error || response.statusText);
  return data;
}

export const get = async (name, query = {}) => answer(await fetch(`/api/${name}?${new URLSearchParams(query)}`));

export const post = async (name, body = {}) => answer(await fetch(`/api/${name}`, {
  method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(body)}));

export const upload = async (folder, file) => answer(await fetch(
  `/api/files/${folder}/${encodeURIComponent(file.name)}`, {method: 'PUT', body: file}));

export const startJob = (kind, fields) => post('start-job', {kind, fields});

/** Calls `done` again after `wait` ms without another call. */
export function debounced(done, wait = 250) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => done(...given), wait);
  };
}

/** Repeats `step` while `element` is on the page and `step` does not give false. */
export async function whileShown(element, step, wait = 800) {
  let begun = false;
  for (;;) {
    begun ||= element.isConnected;
    if (begun && !element.isConnected) return;
    try {
      if (await step() === false) return;
    } catch {
      // The studio was restarted, or is gone for now: its jobs are not.
    }
    await new Promise(done => setTimeout(done, document.hidden ? 4 * wait : wait));
  }
}
