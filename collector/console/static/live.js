/* Live pages. One EventSource says that something has changed; htmx fetches the page's live part in
   the reader's language; `morph` changes in place what differs, so that focus, scroll, selection and
   half-written notes stay. Without this file every page still works by loading it again. */
"use strict";

(() => {
  const FLASH_MS = 1600;
  const CALM_MS = 1000; // counts alone refresh once a second at most

  // ---- morph ---------------------------------------------------------------------------------

  const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || null : null);
  const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
  const isHeld = (node) => node.nodeType === Node.ELEMENT_NODE && node.matches(":hover, :focus-within");

  function morphAttributes(have, want) {
    for (const { name } of [...have.attributes]) {
      if (!want.hasAttribute(name) && !(name === "open" && have.nodeName === "DETAILS")) have.removeAttribute(name);
    }
    for (const { name, value } of want.attributes) {
      if (have.getAttribute(name) !== value) have.setAttribute(name, value);
    }
  }

  function morph(have, want, fresh) {
    if (have.nodeType !== Node.ELEMENT_NODE) {
      if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue;
      return;
    }
    if (have.isEqualNode(want) || have.hasAttribute("data-hold")) return;
    morphAttributes(have, want);
    if (have.nodeName !== "TEXTAREA") morphChildren(have, want, fresh);
  }

  function morphChildren(parent, wanted, fresh) {
    const keyed = new Map();
    for (const child of parent.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
    let place = parent.firstChild;
    for (const want of [...wanted.childNodes]) {
      const key = keyOf(want);
      let have = key ? keyed.get(key) : null;
      if (!have && !key) {
        while (place && keyOf(place)) place = skipKeyed(place, wanted);
        if (place && alike(place, want)) have = place;
      }
      if (have && alike(have, want)) {
        if (have !== place && !isHeld(have)) parent.insertBefore(have, place);
        else if (have === place) place = place.nextSibling;
        morph(have, want, fresh);
      } else {
        const added = document.importNode(want, true);
        parent.insertBefore(added, place);
        if (key && added.matches(".row")) fresh.push(added);
      }
    }
    sweep(parent, wanted);
  }

  // A keyed node never stands in for one without a key; it is met again under its own key.
  function skipKeyed(node) {
    return node.nextSibling;
  }

  function sweep(parent, wanted) {
    const keys = new Set([...wanted.children].map((child) => child.dataset.key).filter(Boolean));
    let left = [...wanted.childNodes].filter((node) => !keyOf(node)).length;
    for (const child of [...parent.childNodes]) {
      const key = keyOf(child);
      if (key ? keys.has(key) : left-- > 0) continue;
      if (key && child.matches(".row") && isHeld(child)) continue; // gone at the next refresh, not under the pointer
      child.remove();
    }
  }

  // ---- htmx ----------------------------------------------------------------------------------

  htmx.defineExtension("morph", {
    isInlineSwap: (style) => style === "morph",
    handleSwap: (style, target, fragment) => {
      if (style !== "morph") return false;
      const fresh = [];
      const hadFocus = target.contains(document.activeElement);
      morphChildren(target, fragment, fresh);
      for (const row of fresh) arrive(row);
      keepFocus(target, hadFocus);
      return [target];
    },
  });

  // The button that was pressed may be gone, or was disabled while its request ran: the focus goes to the
  // same form, else to the title, never back to the start of the page.
  let acting = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt instanceof HTMLFormElement) acting = event.detail.elt.dataset.key || "";
  });

  function keepFocus(target, hadFocus) {
    if (document.activeElement !== document.body || !(hadFocus || acting)) return;
    const field = acting && target.querySelector(`[data-key="${CSS.escape(acting)}"] textarea`);
    acting = "";
    (field || target.querySelector("h1[tabindex]") || target).focus({ preventScroll: true });
  }

  function arrive(row) {
    row.classList.add("fresh");
    setTimeout(() => row.classList.remove("fresh"), FLASH_MS);
    if (row.dataset.levelOf === "1") {
      const alarm = document.getElementById("alarm");
      alarm.textContent = `${alarm.dataset.words} ${row.querySelector(".row-title").textContent.trim()}`;
    }
  }

  // A form that was taken is empty again; one that was refused keeps what was typed.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.detail.elt instanceof HTMLFormElement) event.detail.elt.reset();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-focus]");
    if (!link) return;
    const field = document.getElementById(link.dataset.focus);
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.scrollIntoView({ block: "center" });
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-filter]");
    if (form) form.requestSubmit();
  });

  // ---- the stream ----------------------------------------------------------------------------

  const main = document.querySelector("[data-live]");
  if (!main || !window.EventSource) return;
  document.documentElement.classList.add("scripted");
  const linkState = document.getElementById("link-state");
  let seen = Number(main.dataset.cursor);
  let source = null;
  let calm = null;

  function say(state) {
    document.documentElement.dataset.stream = state;
    linkState.hidden = state === "open";
  }

  const refresh = () => {
    clearTimeout(calm);
    calm = null;
    htmx.trigger(main, "live");
  };

  function heard(event) {
    const newest = JSON.parse(event.data);
    say("open");
    if (newest.change !== seen && main.dataset.live !== "calm") {
      seen = newest.change;
      refresh();
    } else if (calm === null) {
      calm = setTimeout(refresh, CALM_MS);
    }
  }

  function open() {
    if (source && source.readyState !== EventSource.CLOSED) return;
    source = new EventSource("/board/events");
    source.addEventListener("change", heard);
    source.addEventListener("error", () => {
      say("lost");
      if (source.readyState === EventSource.CLOSED) refresh(); // refused: the answer to a page says why
    });
  }

  // A hidden tab lets go of its stream: browsers allow six connections to one host.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source.close();
    else open();
  });
  open();
})();
