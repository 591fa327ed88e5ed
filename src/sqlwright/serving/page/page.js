// Light or dark as chosen before, Escape for Stop, and the question in front in sight when it comes.
// Gradio's charts know the theme from the address only, so a choice opens the page again: what was asked is still there.
const address = new URL(location);
const chosen = localStorage.getItem('sqlwright-theme');
if (chosen && !address.searchParams.has('__theme')) {
  address.searchParams.set('__theme', chosen);
  location.replace(address);
}
window.sqlwrightTheme = () => {
  const theme = document.body.classList.contains('dark') ? 'light' : 'dark';
  localStorage.setItem('sqlwright-theme', theme);
  address.searchParams.set('__theme', theme);
  location.assign(address);
};
// On a phone the panel would cover the page: it waits at the side, once Gradio has tied its button.
const putAside = tries => {
  if (innerWidth > 768 || !tries) return;
  const button = document.querySelector('.sidebar.open .toggle-button');
  if (button) button.click();
  if (!button && document.querySelector('.sidebar')) return;
  setTimeout(putAside, 100, tries - 1);
};
const begin = () => {
  putAside(100);
  let told = null;
  new MutationObserver(() => {
    const front = document.querySelector('#front');
    const working = front?.querySelector('.sw-working') ? front.querySelector('.sw-question')?.textContent : null;
    // When it comes, and again once its answer has made room under it.
    const toSight = () => front.scrollIntoView({block: 'start', behavior: 'smooth'});
    if (front && working !== told) working ? toSight() : setTimeout(toSight, 400);
    told = working;
    document.querySelector('#ask .submit-button')?.setAttribute('aria-label', 'Ask');
  }).observe(document.body, {childList: true, subtree: true});
};
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
else begin();
document.addEventListener('keydown', event => {
  if (event.key === 'Escape') document.querySelector('#stop')?.click();
});
// In the editor Tab moves on as everywhere else, and Ctrl+Enter runs: nobody is caught in it without a mouse.
document.addEventListener('keydown', event => {
  if (!event.target.closest?.('#sql .cm-content')) return;
  if (event.key === 'Tab') event.stopImmediatePropagation();
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.stopImmediatePropagation();
    event.preventDefault();
    document.querySelector('#run')?.click();
  }
}, true);
