// Light or dark as chosen before, Escape for Stop, and the question in front in sight when it comes.
const chosen = localStorage.getItem('sqlwright-theme');
const dark = () => document.body.classList.contains('dark');
const paint = on => document.body.classList.toggle('dark', on);
window.sqlwrightTheme = () => {
  paint(!dark());
  localStorage.setItem('sqlwright-theme', dark() ? 'dark' : 'light');
};
const begin = () => {
  if (chosen) paint(chosen === 'dark');
  let told = null;
  new MutationObserver(() => {
    const front = document.querySelector('#front');
    const working = front?.querySelector('.sw-working') ? front.querySelector('.sw-question')?.innerText : null;
    if (working && working !== told) front.scrollIntoView({block: 'start', behavior: 'smooth'});
    told = working;
    document.querySelector('#ask .submit-button')?.setAttribute('aria-label', 'Ask');
    const side = document.querySelector('.sidebar.open');
    if (side && innerWidth <= 768 && !side.dataset.met) side.querySelector('.toggle-button').click();
    if (side) side.dataset.met = 'yes';
  }).observe(document.body, {childList: true, subtree: true});
};
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
else begin();
document.addEventListener('keydown', event => {
  if (event.key === 'Escape') document.querySelector('#stop')?.click();
});
