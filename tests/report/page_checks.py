"""What browser_test.py looks for in pages, and a large answer to look at."""

# All text in sight whose contrast with what is behind it is below AA.
FAINT = r'''
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
function rgba(color) {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
}
function over(top, under) { const a = top[3] / 255; return [0, 1, 2].map((i) => top[i] * a + under[i] * (1 - a)).concat(255); }
function behind(element) {
  if (!element) return [255, 255, 255, 255];
  const own = rgba(getComputedStyle(element).backgroundColor);
  return own[3] === 255 ? own : over(own, behind(element.parentElement));
}
function light(c) { const [r, g, b] = c.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; }
const found = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walk.nextNode());) {
  const e = node.parentElement, box = e.getBoundingClientRect();
  if (!node.data.trim() || box.width < 2 || !e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}) || e.closest('.skip, .unseen, script, style, .faint')) continue;
  const under = behind(e), fade = parseFloat(getComputedStyle(e).opacity), ink = rgba(getComputedStyle(e).color);
  const a = light(over([ink[0], ink[1], ink[2], ink[3] * fade], under)), b = light(under);
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) found.add(`${ratio.toFixed(2)} ${e.tagName}.${e.className}: ${node.data.trim().slice(0, 30)}`);
}
return [...found];'''

# Text that is cut off without an ellipsis, and buttons without a name.
CUT = r'''
const found = [];
for (const e of document.querySelectorAll('button, h1, h2, h3, dt, dd, th, .chip, #stats b')) {
  if (!e.checkVisibility() || e.closest('.unseen')) continue;
  if (e.tagName === 'BUTTON' && !e.textContent.trim()) found.push('no name: ' + e.outerHTML.slice(0, 80));
  if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow !== 'visible' && getComputedStyle(e).textOverflow !== 'ellipsis') found.push('cut: ' + e.textContent);
}
if (document.scrollingElement.scrollWidth > innerWidth) found.push(`wider than the window: ${document.scrollingElement.scrollWidth}`);
return found;'''


def many_files(count):
    """An answer with `count` files, in packages of 25 that need one another."""
    files = []
    for i in range(count):
        group = i // 25
        by = (
            ''
            if i == 0
            else f'/usr/lib/p{group // 3:05}/f{(i * 7) % 25:02}.so'
            if i % 25 == 0
            else f'/usr/lib/p{group:05}/f00.so'
        )
        reasons = [{'kind': 'needed' if i else 'entry', 'by': by, 'detail': f'f{i}.so', 'how': 'cache'}]
        reasons += [
            {'kind': kind, 'by': f'/usr/lib/p{(group * 5 + k) % (count // 25):05}/f{k:02}.so', 'detail': f'r{i % 40}'}
            for k, kind in enumerate(['rule', 'data', 'plugin'][: i % 4])
        ]
        files.append(
            {
                'path': f'/usr/lib/p{group:05}/f{i % 25:02}.so',
                'type': 'file',
                'size': 500 + i * 7919 % 90001,
                'mode': '0644',
                'package': f'pack{group} 1.{i % 3}',
                'reasons': reasons,
            }
        )
    return {
        'schema': 1,
        'root': '/',
        'entries': ['/usr/lib/p00000/f00.so'],
        'files': files,
        'missing': [],
        'findings': [],
    }
