/**
 * Makes an element. String children become text nodes, so markup in what somebody wrote stays text.
 *
 * @param {string} name
 * @param {Record<string, string | number | boolean>} [attributes] true: present, false: absent
 * @param {...(Node | string)} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false) {
      made.setAttribute(key, value === true ? '' : String(value));
    }
  }
  made.append(...children);
  return made;
}

/** The element of the page with this id; a missing one is a mistake in the page. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) {
    throw new Error(`element is missing: id=${id}`);
  }
  return found;
}
