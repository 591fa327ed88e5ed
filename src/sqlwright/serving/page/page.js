// Light or dark as chosen before, Escape for Stop, and the question in front in sight when it comes.
const chosen = localStorage.getItem('sqlwright-theme');
const dark = () => document.body.classList.contains('dark');
const paint = on => document.body.classList.toggle('dark', on);
window.sqlwrightTheme = () => {
  paint(!dark());
  localStorage.setItem('sqlwright-theme', dark() ? 'dark' : 'light');
};
document.addEventListener('DOMContentLoaded', () => { if (chosen) paint(chosen === 'dark'); });
document.addEventListener('keydown', event => {
  if (event.key === 'Escape') document.querySelector('#stop')?.click();
});
