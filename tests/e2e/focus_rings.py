"""Whether the focus can be seen on a page, control by control."""

FOCUS_RINGS = r"""() => {
  const TABBABLE = "a[href], button, summary, input, select, textarea, [tabindex]";
  const AROUND = 6;

  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgbaOf = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return pen.getImageData(0, 0, 1, 1).data;
  };
  const luminance = (colour) => {
    const [r, g, b] = [...rgbaOf(colour)]
      .map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };

  const everything = function* (root) {
    for (const node of root.querySelectorAll("*")) {
      yield node;
      if (node.shadowRoot) yield* everything(node.shadowRoot);
    }
  };
  const parentOf = (node) => node.parentElement ?? node.getRootNode().host ?? null;
  const groundOf = (node) => {
    for (let at = node; at; at = parentOf(at)) {
      const colour = getComputedStyle(at).backgroundColor;
      if (rgbaOf(colour)[3] === 255) return colour;
    }
    return "#ffffff";
  };
  // Above: a ring that lies inside of what it marks stands on that one's ground.
  const ringsOf = (node) => {
    const rings = [];
    let at = node;
    for (let i = 0; at && i < AROUND; i++, at = parentOf(at)) {
      const style = getComputedStyle(at);
      const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
      if (outline) {
        const inside = parseFloat(style.outlineOffset) < 0;
        const ground = groundOf(inside ? at : parentOf(at));
        rings.push({ key: `${i} ${style.outline}`, contrast: contrast(style.outlineColor, ground) });
        if (at instanceof SVGElement && parseFloat(style.strokeWidth) >= 2)
          rings.push({ key: `${i} ${style.stroke}`, contrast: contrast(style.stroke, style.outlineColor) });
      }
      const next = at.nextElementSibling;
      if (i === 0 && next && parseFloat(getComputedStyle(next).outlineWidth) >= 2) {
        const { outlineStyle, outlineColor, outline: drawn } = getComputedStyle(next);
        if (outlineStyle !== "none")
          rings.push({ key: drawn, contrast: contrast(outlineColor, groundOf(parentOf(next))) });
      }
    }
    return rings;
  };
  const isReached = (node) =>
    node.matches(TABBABLE) &&
    node.tabIndex >= 0 &&
    !node.disabled &&
    node.checkVisibility({ visibilityProperty: true });

  const seen = [];
  for (const node of [...everything(document)].filter(isReached)) {
    document.activeElement?.blur();
    const before = new Set(ringsOf(node).map(({ key }) => key));
    node.focus({ focusVisible: true, preventScroll: true });
    if (node.getRootNode().activeElement !== node) continue;
    const best = Math.max(
      0,
      ...ringsOf(node)
        .filter(({ key }) => !before.has(key))
        .map((ring) => ring.contrast),
    );
    seen.push({ html: node.cloneNode(false).outerHTML.slice(0, 200), contrast: Math.round(best * 10) / 10 });
  }
  document.activeElement?.blur();
  return seen;
}"""
"""For every control of the page that the tab key reaches, its HTML and the contrast of its ring; 0 without one.

A ring is an outline or a stroke of 2 pixels or more, of the control or of something close around it, that is there with
the focus only. The contrast is that with the ground around it: WCAG 1.4.11 asks for 3.
"""
