/** Elements by hand: text is always set as text, so that nothing of an answer can become markup. */

/** @throws where the page has no such element: a mistake that its first visitor must not be the one to find */
export function byId<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const found: Element | null = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${kind.name} #${id}`);
  return found;
}

export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

export function draw(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/** Writes only what is another text than before: a screen reader and the layout are left alone otherwise. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
