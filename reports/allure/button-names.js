// Allure's buttons that are only an icon have no name: a screen reader reads "button" for each.
const names = {
  'toggle-layout-button': 'Switch the layout',
  'test-result-nav-prev': 'Previous check',
  'test-result-nav-next': 'Next check',
  'test-result-fullname-copy-trigger': 'Copy the name',
};

function nameOf(button) {
  const breadcrumb = document.querySelector('[data-testid="test-result-breadcrumb-button"]');
  if (button.dataset.testid) return names[button.dataset.testid] ?? 'Open or close';
  if (button.previousElementSibling?.dataset.testid === 'toggle-layout-button') return 'Switch the theme';
  const isBefore = breadcrumb && button.compareDocumentPosition(breadcrumb) & Node.DOCUMENT_POSITION_FOLLOWING;
  return isBefore ? 'All checks' : 'Open or close';
}

function nameButtons() {
  for (const button of document.querySelectorAll('#app button')) {
    const isNamed = button.textContent.trim() !== '';
    if (!isNamed && !button.ariaLabel) button.ariaLabel = nameOf(button);
    // a label that leaves out what is to be read on the button
    if (isNamed && button.ariaLabel === 'Error') button.removeAttribute('aria-label');
  }
}

let isAsked = false;
new MutationObserver(() => {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    nameButtons();
  });
}).observe(document.getElementById('app'), { childList: true, subtree: true });
