#!/usr/bin/env python3
"""Writes golden.json: templates, the data they are given and what jinja2 makes of them.

    pip install jinja2==3.1.6
    python3 golden.py > golden.json

The environment is the one that transformers sets up for chat templates. A case has
the rendered text as "want", or under "error" the kind of failure: "raised" (by
raise_exception, with its "message") or "error".
"""
import datetime
import json
import sys

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2024, 7, 4, 9, 5, 3, 42)


class Raised(jinja2.exceptions.TemplateError):
    pass


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def raise_exception(message):
    raise Raised(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda format: NOW.strftime(format)
    return env


def render(template, data):
    try:
        return {"want": environment().from_string(template).render(**data)}
    except Raised as e:
        return {"error": "raised", "message": str(e.message)}
    except Exception:
        return {"error": "error"}


DATA = {
    "s": "Hello, World",
    "text": "  two\n lines \t",
    "uni": "Grüße, 世界 😀 Straße ΟΔΟΣ ﬁn",
    "empty": "",
    "n": 7,
    "neg": -3,
    "big": 9007199254740993,
    "f": 2.5,
    "t": True,
    "no": False,
    "nil": None,
    "words": ["b", "A", "c", "a", "B"],
    "nums": [3, 1, 2, 3, -1],
    "mixed": [1, "x", None, 2.0, True, [1, 2], {"k": "v"}],
    "d": {"name": "par", "size": 3, "items": "own", "b": {"c": [10, 20]}},
    "people": [
        {"name": "Ann", "age": 31, "city": {"name": "Rome"}},
        {"name": "bob", "age": 25, "city": {"name": "Oslo"}},
        {"name": "Cid", "age": 31, "city": {"name": "rome"}, "admin": True},
    ],
    "parts": [{"type": "image"}, {"type": "text", "text": "What?"}, {"type": "text", "text": "Why?"}],
}

# Expressions, each printed with DATA.
EXPRESSIONS = r"""
1
-1
- 1
+n
1_000
0x1F
0b101
0o17
00
1.5
1e3
1.5e-7
1e16
123456789012345680.0
0.0001
0.00001
1e400
-0.0
100.0
3.0 * 2
'a' "b" 'c'
'tab\tnl\nq\'uote\x41\u00e9\U0001f600\101\q'
"it's"
'say "hi"'
['it\'s', "a\nb", 'é', '\x00', '\u200b', 'both \' and "']
true
True
false
none
None
[1, 'a', none, 2.5, true]
[]
[1,]
()
(1,)
(1, 2)
1, 2
{}
{'a': 1, 'b': [1, 2], 3: none}
{'a': 1, 'a': 2}
{1: 'x', true: 'y', 1.0: 'z'}
{(1, 2): 3}[(1, 2)]
{'a': 1,}
undefined_name
[undefined_name]
n + 1
n - 10
n * n
n / 2
8 / 2
n // 2
-7 // 2
7 // -2
-7 % 3
7 % -3
7.5 // 2
-7.5 % 2
7.5 % -2
2 ** 10
2 ** -1
2 ** 0.5
-2 ** 2
2 ** 3 ** 2
0 ** 0
1.5 + 1
0.1 + 0.2
true + true
big
big + 1
big == 9007199254740992.0
9223372036854775807
1 / 3
2 / 3
10 ** 15 / 7
1e22
1e21 + 0.5
5e-324
1.7976931348623157e308
'a' + 'b'
'ab' * 3
3 * 'ab'
'ab' * -1
[1] * 3
[1] + [2]
(1,) + (2,)
'a' ~ 1 ~ none ~ 2.0 ~ [1] ~ undefined_name
1 ~ 2
1 + 2 ~ 3 + 4
'%s is %d' % ('x', 3)
'%s' % 'one'
'%5d|%-5d|%05d|%+d|%x|%X|%#x|%o' % (42, 42, 42, 42, 255, 255, 255, 8)
'%.2f|%8.3f|%e|%g|%g|%G' % (2.5, 3.14159, 12345.678, 1e10, 0.0001, 1e-10)
'%r %s %%' % ('q', [1, 'a'])
'%(a)s-%(b)03d' % {'a': 'x', 'b': 7}
'%c%c' % ('x', 65)
'%10s|%-10s|%.2s' % ('abc', 'abc', 'abc')
'%d' % 3.99
'%s' % none
'{} {}'.format('a', 1)
'{1} {0} {name}'.format('a', 'b', name='c')
'{0[1]} {1.name} {1[size]}'.format([1, 2], d)
'{{}} {!r}'.format('a')
'{:>5}|{:<5}|{:^5}|{:*^7}|{:5}|{:5}'.format('a', 'b', 'c', 'd', 'e', 7)
'{:05d} {:+d} {:x} {:#x} {:b} {:,} {:_}'.format(42, 42, 255, 255, 5, 1234567, 1234567)
'{:.2f} {:8.3f} {:e} {:g} {:%} {:.1%} {:,.2f}'.format(2.5, 3.14159, 1234.5, 1e10, 0.5, 0.256, 12345.678)
'{:.3}'.format('abcdef')
'{} {} {}'.format(none, true, 2.0)
1 < 2
1 < 2 < 3
1 < 3 < 2
1 == 1.0
1 == true
'a' < 'b'
'a' == 1
[1, 2] < [1, 3]
[1] < [1, 0]
[1, 2] == [1, 2.0]
(1, 2) == [1, 2]
{'a': 1, 'b': 2} == {'b': 2, 'a': 1}
none == none
undefined_name == none
undefined_name == other_undefined
undefined_name != 1
1 != 2
n >= 7
n <= 6
'lo' in s
'x' in s
'' in s
1 in nums
9 not in nums
1.0 in nums
'name' in d
'x' not in d
'a' in words and not 'z' in words
2 in (1, 2)
'a' in undefined_name
undefined_name in [1]
not undefined_name
not not n
n and s
empty and s
empty or s
nil or empty or 0 or 'last'
n or undefined_name
1 if t else 2
1 if no else 2
1 if no
(1 if no) is undefined
'a' if no else 'b' if no else 'c'
1 if t else 2 if t else 3
[1 if t else 2, 3]
n if n > 5 and n < 10 else 'out'
s[0]
s[-1]
s[100]
s[1:4]
s[::-1]
s[::2]
s[-5:]
s[:-7]
s[5:1]
s[5:1:-1]
s[-100:100]
s[100:]
s[:none]
s[none:3:none]
uni[7:9]
uni[::-1]
uni[7]
uni|length
nums[1:]
nums[::-1]
nums[::-2]
nums[-2:]
nums[1:100:2]
nums[10]
nums[-6]
nums[true]
words[0] ~ words[-1]
(1, 2, 3)[1:]
(1, 2, 3)[0]
range(5)
range(5)[1:3]
range(10)[::3]
range(5)[2]
range(5)[-1]
range(5)[9]
range(2, 5)|list
range(5, 2)|list
range(5, 0, -2)|list
range(0)|list
range(10, 0, -3)
range(3) == range(0, 3)
range(3)|length
2 in range(3)
d.name
d['name']
d.missing
d['missing']
d.b.c[1]
d.b.c.1
d['b']['c'][0]
d.items is callable
d['items']
d.missing is defined
d.name is defined
d[nil]
d[0]
d[[1]]
nil['x']
nil.x
n['x']
n.x
s.x
s['upper']()
nums['x']
nums.x
(d.keys())
d.keys()|list
d.values()|list|length
{'a': 1}.items()
{'a': 1}.keys()
{'a': 1}.values()
{'a': 1, 'b': 2}.items()|list
{'a': 1}.keys()|length
{'a': 1}.items()|first
{'a': 1, 'b': 2}.keys()|last
{'a': 1}.keys()[0]
{'a': 1}.keys() is sequence
'a' in {'a': 1}.keys()
('a', 1) in {'a': 1}.items()
d.get('name')
d.get('x')
d.get('x', 'dflt')
d.get(1, 2)
dict(a=1, b='x')
dict({'a': 1}, b=2)
dict([('a', 1), ('b', 2)])
dict()
{'a': 1}.copy()
d.items()
d|items|list|length
{'a': 1}|items|list
undefined_name|items|list
s.upper()
s.lower()
s.title()
s.capitalize()
uni.upper()
uni.lower()
uni.title()
uni.capitalize()
uni|upper
uni|lower
uni|title
uni|capitalize
'they\'re bill\'s'.title()
"they're bill's (friends) <from-the> [U.k]{x}"|title
'ǆ ß ŉ'.title()
'ǆ'.capitalize()
'ΑΣ ΑΣΒ Σ'.lower()
'İI'.lower()
text.strip()
text.lstrip()
text.rstrip()
text|trim
'xxaxx'.strip('x')
'xyaxy'.lstrip('yx')
'axyx'.rstrip('yx')
'xxaxx'|trim('x')
'xax'.strip(none)
'\u2003a\x1c'.strip()
'a,b,,c'.split(',')
'a,b,,c'.split(',', 1)
'a,b,,c'.split(',', maxsplit=2)
'a,b,,c'.split(sep=',')
' a  b c '.split()
' a  b c '.split(none, 1)
' a  b c '.split(none, 2)
' a  b c '.split(none, 3)
' a b '.split(none, 0)
''.split()
''.split(',')
'a,b,,c'.rsplit(',')
'a,b,,c'.rsplit(',', 1)
' a  b c '.rsplit()
' a  b c '.rsplit(none, 1)
' a  b c '.rsplit(none, 2)
' a  b c '.rsplit(none, 3)
'aXXbXXc'.rsplit('XX', 1)
'aaa'.split('a')
'aaa'.rsplit('aa')
'<think>x</think>y'.split('</think>')[-1].lstrip('\n')
'a\nb\r\nc\rd\x0be\u2028f'.splitlines()
'a\nb\n'.splitlines(true)
''.splitlines()
s.startswith('Hell')
s.startswith('x')
s.startswith(('x', 'H'))
s.endswith('World')
s.endswith(('d', 'x'))
s.replace('l', 'L')
s.replace('l', 'L', 1)
s.replace('', '-')
s.replace('l', '')
uni.replace('', '.', 3)
s|replace('o', '0')
s|replace('l', 'L', 2)
s|replace('l', 'L', count=1)
n|replace(7, 8)
', '.join(words)
'-'.join('abc')
''.join([])
s.find('o')
s.find('zz')
s.rfind('o')
uni.find('世')
s.index('W')
s.count('l')
s.count('')
'12'.isdigit()
'1a'.isdigit()
''.isdigit()
'ab'.isalpha()
'ab1'.isalnum()
' \t'.isspace()
'ab c'.islower()
'AB'.isupper()
'12'.isupper()
'aB'.islower()
'prefix-x'.removeprefix('prefix-')
'x.gguf'.removesuffix('.gguf')
nums.index(2)
nums.count(3)
(1, 2).index(2)
[1, 2].copy()
words|join
words|join(', ')
words|join(', ')|upper
nums|join('-')
people|join(', ', attribute='name')
people|join(d=', ', attribute='city.name')
[none, true, 1.0]|join('|')
'abc'|join('.')
undefined_name|join(',')
words|length
s|length
d|length
empty|length
words|count
undefined_name|length
words|first
words|last
[]|first
[]|first is defined
[]|last
s|first
s|last
d|first
d|last
undefined_name|first
nums|sort
nums|sort(reverse=true)
words|sort
words|sort(case_sensitive=true)
people|sort(attribute='age')|map(attribute='name')|list
people|sort(attribute='age,name', reverse=true)|map(attribute='name')|list
people|sort(attribute='city.name')|map(attribute='name')|join(' ')
d|sort
nums|unique|list
words|unique|list
words|unique(true)|list
people|unique(attribute='age')|map(attribute='name')|list
nums|reverse|list
s|reverse
words|reverse|join
nums|min
nums|max
words|min
words|max
words|max(case_sensitive=true)
people|max(attribute='age')
[]|min
[3, 1.5]|min
nums|sum
[]|sum
[0.1, 0.2]|sum
people|sum(attribute='age')
people|sum('age', 10)
[[1], [2]]|sum(start=[])
people|map(attribute='name')|list
people|map(attribute='admin', default='-')|list
people|map(attribute='admin')|list
people|map(attribute='city.name')|list
[[1, 2], [3]]|map(attribute=0)|list
[[1, 2], [3]]|map(attribute='0')|list
words|map('upper')|list
words|map('upper')|join
['a-b']|map('replace', '-', '+')|list
['1', 'x']|map('int', 9)|list
['1', 'x']|map('int', default=9)|list
nums|map('string')|join(',')
[]|map('upper')|list
nums|select('odd')|list
nums|select|list
[0, 1, '', 'a', none]|select|list
[0, 1, '', 'a', none]|reject|list
nums|reject('odd')|list
nums|select('gt', 1)|list
nums|select('>', 1)|list
nums|select('divisibleby', 3)|list
nums|select('in', [1, 2])|list
mixed|select('string')|list
mixed|select('number')|list
mixed|select('none')|list
mixed|select('mapping')|list
words|select('equalto', 'a')|first
parts|selectattr('type', 'equalto', 'text')|map(attribute='text')|join(' ')
parts|selectattr('type', '==', 'image')|list
parts|selectattr('text')|list|length
parts|selectattr('text', 'defined')|list|length
parts|rejectattr('type', 'equalto', 'text')|list
parts|rejectattr('text', 'defined')|map(attribute='type')|list
people|selectattr('admin')|map(attribute='name')|first
people|selectattr('city.name', 'equalto', 'Oslo')|map(attribute='age')|list
people|rejectattr('age', 'gt', 30)|map(attribute='name')|list
(people|selectattr('admin'))[0]
(people|selectattr('nope'))[0] is defined
'yes' if people|selectattr('nope') else 'no'
'yes' if people|selectattr('nope')|list else 'no'
(nums|select('odd')) is iterable
(nums|select('odd')) is sequence
nums|select('odd')|first
people|groupby('age')|list
people|groupby('city.name')|map(attribute=0)|list
people|groupby('city.name', case_sensitive=true)|map('first')|list
people|groupby('admin', default=false)|map(attribute=1)|map('length')|list
nums|batch(2)|list
nums|batch(2, 0)|list
undefined_name|default('x')
undefined_name|default
undefined_name|d('x')
empty|default('x')
empty|default('x', true)
empty|default('x', boolean=true)
nil|default('x')
nil|default('x', true)
d.missing|default('x')
0|default(5, true)
s|default(1)
'42'|int
' 42 '|int
'4_2'|int
'-42'|int
'42.9'|int
'x'|int
'x'|int(5)
''|int
nil|int
nil|int(3)
2.9|int
-2.9|int
true|int
'0x1f'|int(base=16)
'1f'|int(0, 16)
'101'|int(base=2)
'1e3'|int
'inf'|int(7)
[]|int(4)
'2.5'|float
'x'|float
'x'|float(1.5)
3|float
'1e3'|float
'inf'|float
' 1_0.5 '|float
nil|float
'nan'|float
3|string
none|string
2.0|string
[1]|string
undefined_name|string
s|string|length
s|list
'é世'|list
d|list
(1, 2)|list
undefined_name|list
-5|abs
5.5|abs
-5.5|abs
2.5|round
3.5|round
2.675|round(2)
2.345|round(1)
42.55|round(1, 'floor')
42.51|round(1, 'ceil')
42|round
1234|round(-2)
1250|round(-2)
1350|round(-2)
-1250|round(-2)
1e20|round
2.5|round|int
42.5|round(method='ceil')
1234.5|round(-2)
s|indent
'a\nb\n\nc'|indent
'a\nb\n\nc'|indent(2)
'a\nb\n\nc'|indent(2, true)
'a\nb\n\nc'|indent(2, blank=true)
'a\nb'|indent('> ', first=true)
'a\n'|indent
''|indent
d|dictsort|list
{'b': 1, 'A': 2, 'a': 3}|dictsort
{'b': 1, 'A': 2, 'a': 3}|dictsort(true)
{'b': 1, 'A': 2}|dictsort(by='value')
{'b': 1, 'A': 2}|dictsort(false, 'value', true)
s|safe
'<b>&'|safe
'%s-%s'|format('a', 1)
'%(x)s'|format(x=5)
d|tojson
mixed|tojson
uni|tojson
'"\\/\n\t\r\b\f\x01\x7f<>&\''|tojson
uni|tojson(ensure_ascii=true)
uni|tojson(true)
d|tojson(indent=2)
d|tojson(indent=4)
d|tojson(indent=0)
[]|tojson(indent=2)
[[], {}, [1]]|tojson(indent=2)
d|tojson(indent='--')
d|tojson(separators=(',', ':'))
d|tojson(indent=2, separators=(' ,', ' : '))
d|tojson(sort_keys=true)
(1, 2)|tojson
{1: 2, none: 3, true: 4, 1.5: 5}|tojson
[1.0, 1e20, 1e-7, 0.1]|tojson
1e400|tojson
'nan'|float|tojson
none|tojson
n is odd
n is even
n is divisibleby 7
n is divisibleby(2)
s is string
n is string
n is number
t is number
f is number
s is number
n is integer
t is integer
f is integer
f is float
n is float
t is boolean
n is boolean
t is true
n is true
no is false
0 is false
nil is none
undefined_name is none
d is mapping
words is mapping
words is sequence
s is sequence
d is sequence
n is sequence
undefined_name is sequence
words is iterable
s is iterable
n is iterable
undefined_name is iterable
range(3) is iterable
range(3) is sequence
s is defined
undefined_name is defined
undefined_name is undefined
s is not defined
s is not undefined
not s is defined
s is defined and n is defined
n is in [1, 7]
n is not in [1, 7]
n is in nums
'a' is in 'abc'
n is eq 7
n is equalto 7
n is ne 7
n is == 7
n is lt 8
n is lessthan 8
n is gt 7
n is greaterthan 6
n is ge 7
n is le 6
n is sameas 7
true is sameas true
1 is sameas true
'abc' is lower
'ABC' is upper
'aBC' is upper
'upper' is filter
'nope' is filter
'odd' is test
'nope' is test
range is callable
s is callable
n is odd or n is even
n is defined and n is odd
(n is odd) ~ 'x'
n is string or s is string
d.b.c is sequence and d.b is mapping
n|string ~ 'x'
-n|abs
(-n)|abs
n + 1|string|length
'a' + 'b'|upper
not 'a' in 'b'
not n == 7
1 + 2 * 3 - 4 / 2
(1 + 2) * 3
10 - 2 - 3
100 // 7 % 5
2 * 'ab' ~ 'c'
1 in [1, 2] == true
'a' if 'a' in words else 'b'
words[n - 7]
words[-(1)]
d['na' + 'me']
people[0].city.name
people[-1]['name']|upper
people|map(attribute='name')|map('lower')|list|first|upper
(words|join)[1:3]
('a' ~ 'b')[0]
[1, 2, 3][1]
{'a': {'b': 1}}['a']['b']
{'a': {'b': 1}}.a.b
'abc'.upper().lower()[1]
' x '.strip().upper() ~ '.'
strftime_now('%d %b %Y')
strftime_now('%Y-%m-%d %H:%M:%S')
strftime_now('%A, %B %d, %Y')
strftime_now('%a %j %y %I %p %% %f %w %U %W %u')
strftime_now('%D %F %T %R %e %h %n%t|%c|%x|%X')
strftime_now('%-d %-m %-H %-I %-M %-S %-j')
namespace(a=1).a
namespace(a=1).b
namespace(a=1)['a']
namespace({'a': 1}, b=2)
namespace().x is defined
loop
loop is defined
"%s" % d
'x' % []
'x' % nums
'x%s' % undefined_name
nil|map('upper')|list
0|select('odd')|list
nil|selectattr('x')|list
range(4) in {'a': 1}
{range(4): 1}[range(4)]
undefined_name is callable
range(4).count(1)
range(4).index(2)
true / big
1e16 // 3
-1e16 // 3
text
nil
t
f
mixed
""".strip("\n").split("\n")

# Whole templates: (template, data or None for DATA).
TEMPLATES = [
    # text and white space
    ("", None),
    ("\n", None),
    ("\n\n", None),
    ("plain text\nwith lines\n", None),
    ("a\r\nb\rc\n", None),
    ("{", None),
    ("{ {", None),
    ("a { b } c % d #", None),
    ("{{ '{{' }}{{ '}}' }}", None),
    ("{{ '%}' }}{% if '%}' %}x{% endif %}", None),
    ("{# comment #}x{# two\nlines #}\ny", None),
    ("a\n   {# comment #}\nb", None),
    ("a\n   {# comment #} \nb", None),
    ("a {#- strip -#} b", None),
    ("a {#+ keep +#}\n b", None),
    ("{##}x{#-#} y", None),
    ("x {#", None),
    ("x {#-", None),
    ("x {#\n", None),
    ("x {% raw %}", None),
    ("{% if t %}\nx\n{% endif %}\ny", None),
    ("  {% if t %}\n  x\n  {% endif %}\n  y\n", None),
    ("a  {% if t %}\n  x\n b {% endif %}\n  y\n", None),
    ("\t {% if t %} x {% endif %} \n y", None),
    ("  {%+ if t %}\n  x\n  {%+ endif %}\n  y", None),
    ("{% if t +%}\nx{% endif %}", None),
    ("a \n {%- if t -%} \n x \n {%- endif -%} \n b", None),
    ("a \n {{- n -}} \n b", None),
    ("a \n {{ n }}\n b", None),
    ("  {{ n }}", None),
    ("  {{+ n }}", None),
    ("{{-1}}", None),
    ("{{ -1 }}", None),
    ("{{+ 1 }}", None),
    ("{{ n }}\n{{ n }}\n", None),
    ("{% if t %}{% if t %}\n\nx{% endif %}{% endif %}", None),
    ("{%if t%}x{%endif%}", None),
    ("{%-if t-%} x {%-endif-%}", None),
    ("x\n\n\n   {%- if t %}y{% endif %}", None),
    ("x{% if t -%}\n\n\n   y{% endif %}", None),
    ("  {# a #}  {# b #}\n", None),
    ("  {% if t %}  {% endif %}  \n", None),
    ("x {# c #} {% if t %}\ny{% endif %}", None),
    ("\u00a0{% if t %}x{% endif %}", None),
    ("\u00a0\n\u2003{%- if t -%}\u00a0x{% endif %}", None),
    ("{% raw %}{{ x }}{% if %}{# c #}{% endraw %}", None),
    ("a\n  {% raw %}\n {{ x }}\n  {% endraw %}\nb", None),
    ("a {%- raw -%} {{ x }} {%- endraw -%} b", None),
    ("{% raw +%}x{% endraw +%}\ny", None),
    ("{% raw %}x{% endraw +%}\ny", None),
    ("{% raw %}a{% endra %}{% endraw %}", None),
    ("{{\n  n\n  +\n  1\n}}", None),
    ("{% set\n x\n =\n 1\n%}{{ x }}", None),
    # conditions
    ("{% if n > 5 %}big{% elif n > 3 %}mid{% else %}small{% endif %}", None),
    ("{% if n > 9 %}big{% elif n > 3 %}mid{% else %}small{% endif %}", None),
    ("{% if n > 9 %}big{% elif n > 8 %}mid{% else %}small{% endif %}", None),
    ("{% if undefined_name %}a{% else %}b{% endif %}", None),
    ("{% if n > 9 %}{% elif n %}{% endif %}|", None),
    ("{% if t: %}colon{% endif %}", None),
    ("{% if 1, 2 %}tuple{% endif %}", None),
    ("{% if not t %}a{% elif not no %}b{% endif %}", None),
    ("{% if (1 if t else 0) %}a{% endif %}", None),
    # loops
    ("{% for x in nums %}{{ x }},{% endfor %}", None),
    ("{% for x in nums %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}", None),
    ("{% for x in nums %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}", None),
    ("{% for x in nums %}{% if loop.previtem is defined %}p{% endif %}{% if loop.nextitem is defined %}n{% endif %} {% endfor %}", None),
    ("{% for x in nums %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }}{{ loop.depth }}{{ loop.depth0 }} {% endfor %}", None),
    ("{% for x in nums if x > 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }}{{ loop.last }} {% endfor %}", None),
    ("{% for x in nums if x > 100 %}{{ x }}{% else %}none{% endfor %}", None),
    ("{% for x in [] %}{{ x }}{% else %}none{% endfor %}", None),
    ("{% for x in [1] %}{{ x }}{% else %}none{% endfor %}", None),
    ("{% for x in undefined_name %}{{ x }}{% else %}none{% endfor %}", None),
    ("{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", None),
    ("{% for k in d %}{{ k }};{% endfor %}", None),
    ("{% for k, v in d|items %}{{ k }}={{ v }};{% endfor %}", None),
    ("{% for k, v in d|dictsort %}{{ k }};{% endfor %}", None),
    ("{% for c in 'aé世' %}{{ c }}.{% endfor %}", None),
    ("{% for (a, b) in [(1, 2), [3, 4], 'xy'] %}{{ a }}{{ b }} {% endfor %}", None),
    ("{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", None),
    ("{% for a, in [(1,), [2]] %}{{ a }}{% endfor %}", None),
    ("{% for x in 1, 2, 3 %}{{ x }}{% endfor %}", None),
    ("{% for x in (nums if t else words) %}{{ x }}{% endfor %}", None),
    ("{% for x in nums: %}{{ x }}{% endfor %}", None),
    ("{% for x in range(3) %}{% for y in range(2) %}{{ x }}{{ y }}{{ loop.index }} {% endfor %}{{ loop.index }}|{% endfor %}", None),
    ("{% for x in nums %}{% set outer = loop %}{% for y in words %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}", None),
    ("{% for x in range(3) %}{% for y in [loop.index] %}{{ y }}{% endfor %}{% endfor %}", None),
    ("{% for x in range(3) %}{% for y in range(3) if loop.index > 1 %}{{ x }}{{ y }} {% endfor %}{% endfor %}", None),
    ("{% for x in range(10) %}{% if x == 3 %}{% break %}{% endif %}{{ x }}{% endfor %}", None),
    ("{% for x in range(5) %}{% if x is odd %}{% continue %}{% endif %}{{ x }}{% endfor %}", None),
    ("{% for x in [1] %}{% break %}{% else %}else{% endfor %}", None),
    ("{% for x in [1, 2] %}{% continue %}{% else %}else{% endfor %}", None),
    ("{% for x in [1, 2] %}{% if loop.last %}{% break %}{% endif %}{% else %}else{% endfor %}", None),
    ("{% for x in range(3) %}{% for y in range(3) %}{% if y == 1 %}{% break %}{% endif %}{{ x }}{{ y }} {% endfor %}{% endfor %}", None),
    ("{% for x in range(3) %}{% with %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endwith %}{% endfor %}", None),
    ("{% for x in range(3) %}a{% filter upper %}b{% if x == 1 %}{% break %}{% endif %}c{% endfilter %}{% endfor %}", None),
    ("{% set g = nums|select('gt', 1) %}{% for x in g %}{{ x }}{% endfor %}|{% for x in g %}{{ x }}{% endfor %}", None),
    ("{% set g = nums|map('string') %}{{ g|first }}{{ g|list }}{{ g|list }}", None),
    ("{% for x in nums|select('odd') %}{{ loop.index }}{{ loop.length }}{{ loop.last }} {% endfor %}", None),
    ("{% set ns = namespace(stop=false) %}{% for x in nums if not ns.stop %}{{ x }}{% set ns.stop = true %}{% endfor %}", None),
    ("{% set ns = namespace(stop=false) %}{% for x in nums if not ns.stop %}{{ x }}{{ loop.last }}{% set ns.stop = true %}{% endfor %}", None),
    # assignments and scopes
    ("{% set x = 1 %}{{ x }}", None),
    ("{% set x = 1, 2 %}{{ x }}", None),
    ("{% set a, b = 1, 2 %}{{ a }}{{ b }}", None),
    ("{% set a, b = 'xy' %}{{ a }}{{ b }}", None),
    ("{% set (a, b) = (1, 2) %}{{ a }}{{ b }}", None),
    ("{% set x = 1 %}{% if t %}{% set x = 2 %}{% endif %}{{ x }}", None),
    ("{% set x = 1 %}{% for y in nums %}{% set x = 2 %}{% endfor %}{{ x }}", None),
    ("{% set x = 1 %}{% for y in range(3) %}{{ x }}{% set x = x + 1 %}{{ x }} {% endfor %}{{ x }}", None),
    ("{% for y in range(3) %}{% if y == 1 %}{% set z = y %}{% endif %}[{{ z }}]{% endfor %}", None),
    ("{% for x in nums %}{% endfor %}{{ x }}{{ loop }}", None),
    ("{% set n = n + 1 %}{{ n }}", None),
    ("{% for y in [1] %}{{ n }}{% set n = 0 %}{{ n }}{% endfor %}{{ n }}", None),
    ("{% set ns = namespace(x=0) %}{% for y in nums %}{% set ns.x = ns.x + y %}{% endfor %}{{ ns.x }}", None),
    ("{% set ns = namespace() %}{% set ns.a = 1 %}{% set ns.b, c = 2, 3 %}{{ ns.a }}{{ ns.b }}{{ c }}", None),
    ("{% set ns = namespace(l=[]) %}{% for y in nums %}{% set ns.l = ns.l + [y * 2] %}{% endfor %}{{ ns.l }}", None),
    ("{% set x %}a{{ n }}b{% endset %}[{{ x }}]", None),
    ("{% set x | upper | trim %} a{{ s }} {% endset %}[{{ x }}]", None),
    ("{% set x %}\n  line\n{% endset %}[{{ x }}]", None),
    ("{% set x %}{% set y = 1 %}{{ y }}{% endset %}{{ x }}{{ y }}", None),
    ("{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a }}", None),
    ("{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q }}", None),
    ("{% set a = 1 %}{% with a = 2, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}", None),
    ("{% filter upper %}a{{ s }}{% endfilter %}", None),
    ("{% filter replace('l', 'L')|trim %} {{ s }} {% endfilter %}|", None),
    ("{% set x = namespace %}{{ x(a=1).a }}", None),
    ("{% set _ = 1 %}{{ _ }}", None),
    ("{% set x = [1] %}{% set y = x + [2] %}{{ x }}{{ y }}", None),
    ("{% set true_ = 1 %}{{ true_ }}", None),
    # macros
    ("{% macro f(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ f(1) }} {{ f(1, 3) }} {{ f(b=4, a=5) }} {{ f() }}", None),
    ("{% macro f() %}{{ n }}{% endmacro %}{% set n = 9 %}{{ f() }}", None),
    ("{% macro f(x) %}{% if x > 0 %}{{ x }}{{ f(x - 1) }}{% endif %}{% endmacro %}{{ f(5) }}", None),
    ("{% macro f(x) %}{{ g(x) }}!{% endmacro %}{% macro g(x) %}<{{ x }}>{% endmacro %}{{ f(1) }}", None),
    ("{% macro f() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, a=3) }}{{ f() }}", None),
    ("{% macro f(a) %}{{ a }}{{ varargs }}{% endmacro %}{{ f(1, 2) }}{{ f(*[3, 4, 5]) }}", None),
    ("{% macro f(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ f(**{'b': 1, 'a': 2}) }}{{ f(*[1], **{'b': 2}) }}", None),
    ("{% macro f(a, b=a) %}{{ b }}{% endmacro %}{{ f(3) }}", None),
    ("{% set b = 9 %}{% macro f(a=b, b=1) %}{{ a }}|{{ b }}{% endmacro %}{{ f() }}", None),
    ("{% macro f(a) %}{{ a is defined }}{% endmacro %}{{ f() }}{{ f(none) }}", None),
    ("{% macro f() %}  x  {% endmacro %}[{{ f()|trim }}][{{ f().strip() }}]", None),
    ("{% macro f() %}{{ caller() }}!{% endmacro %}{% call f() %}body {{ n }}{% endcall %}", None),
    ("{% macro f() %}{{ caller(1, 2) }}!{% endmacro %}{% call(a, b) f() %}{{ a + b }}{% endcall %}", None),
    ("{% macro f() %}{% if caller %}{{ caller() }}{% else %}none{% endif %}{% endmacro %}{{ f() }}{% call f() %}x{% endcall %}", None),
    ("{% macro f(x) %}{% set y = x * 2 %}{{ y }}{% endmacro %}{{ f(2) }}{{ y }}", None),
    ("{% macro f(x) -%}\n  {{ x }}\n{%- endmacro %}[{{ f(1) }}]", None),
    ("{% for x in nums %}{% macro f() %}{{ x }}{% endmacro %}{{ f() }}{% endfor %}", None),
    ("{% macro f(xs) %}{% for x in xs %}{{ loop.index }}{{ x }}{% endfor %}{% endmacro %}{% for y in [1, 2] %}{{ f(words) }}{{ loop.index }} {% endfor %}", None),
    ("{% macro f() %}{{ loop is defined }}{% endmacro %}{% for y in [1] %}{{ f() }}{% endfor %}", None),
    ("{% macro f() %}x{% endmacro %}{{ f }}", None),
    ("{% macro f() %}x{% endmacro %}{{ f is callable }}{{ f.name }}", None),
    ("{% if t %}{% macro f() %}x{% endmacro %}{% endif %}{{ f() }}", None),
    ("{% macro f(x) %}{{ x }}{% endmacro %}{{ f('a') ~ f('b') }}{{ f('a')|upper }}{{ (f('abc'))[1] }}", None),
    # generation
    ("{% generation %}a{{ n }}{% endgeneration %}", None),
    ("{% for m in [1, 2] %}{% generation %}{{ m }}{{ loop.index }}{% set q = 1 %}{% endgeneration %}{{ q }}\n{% endfor %}", None),
    ("a\n  {% generation %}\n  x\n  {% endgeneration %}\nb", None),
    # unknown names where they don't matter
    ("{% if no %}{{ s|nofilter }}{% endif %}ok", None),
    ("{% if t %}ok{% elif s is notest %}x{% endif %}", None),
    ("{{ 'ok' if t else s|nofilter }}", None),
    ("{{ s|nofilter if no else 'ok' }}", None),
    ("{{ (s|nofilter) if no else 'ok' }}", None),
    ("{% if no %}{% for x in nums %}{{ x|nofilter }}{% endfor %}{% endif %}ok", None),
    ("{% for x in [] %}{{ x|nofilter }}{% endfor %}ok", None),
    ("{% if 'nofilter' is filter %}{{ s|nofilter }}{% else %}no{% endif %}", None),
    ("{% if no %}{{ s.nomethod() }}{% endif %}ok", None),
    ("{% if no %}{{ nofunction() }}{% endif %}ok", None),
]

# Templates that fail.
FAILING = r"""
{{ undefined_name.x }}
{{ undefined_name['x'] }}
{{ undefined_name[0] }}
{{ undefined_name[1:] }}
{{ undefined_name() }}
{{ undefined_name + 1 }}
{{ 1 + undefined_name }}
{{ 'a' + undefined_name }}
{{ -undefined_name }}
{{ undefined_name < 1 }}
{{ 1 < undefined_name }}
{{ undefined_name is odd }}
{{ undefined_name|int }}
{{ undefined_name|abs }}
{{ undefined_name|tojson }}
{{ undefined_name|indent }}
{{ undefined_name|dictsort }}
{{ undefined_name in 'abc' }}
{{ d.missing.x }}
{{ d.b.x.y }}
{{ nil.x.y }}
{{ s.nomethod() }}
{{ d.nomethod() }}
{{ n() }}
{{ s() }}
{{ 'a' + 1 }}
{{ 1 + 'a' }}
{{ [1] + (2,) }}
{{ 'a' - 'b' }}
{{ 'a' * 'b' }}
{{ none + 1 }}
{{ [1] * 1.5 }}
{{ 1 / 0 }}
{{ 1 // 0 }}
{{ 1 % 0 }}
{{ 1.0 / 0 }}
{{ 0 ** -1 }}
{{ 'a' < 1 }}
{{ none < 1 }}
{{ {} < {} }}
{{ 1 in 'a' }}
{{ 1 in 5 }}
{{ 'a' in none }}
{{ [1] in {} }}
{{ -'a' }}
{{ n|length }}
{{ none|length }}
{{ nums|select('odd')|length }}
{{ nums|select('odd')|last }}
{{ nums|select('odd')|tojson }}
{{ n|list }}
{{ n|first }}
{{ none|join }}
{{ [1, 'a']|sort }}
{{ [none, 1]|min }}
{{ [[1]]|unique|list }}
{{ ['a']|sum }}
{{ n|items|list }}
{{ words|map('nofilter')|list }}
{{ words|select('notest')|list }}
{{ words|map|list }}
{{ parts|selectattr|list }}
{{ s|nofilter }}
{{ s is notest }}
{{ s|replace('a') }}
{{ s|upper(1) }}
{{ s|trim(1) }}
{{ s|join(1, 2, 3) }}
{{ s|default(1, 2, 3) }}
{{ s|round }}
{{ 1|round(1, 'x') }}
{{ n|indent }}
{{ s.split('') }}
{{ s.split(1) }}
{{ s.replace('a') }}
{{ s.join([1]) }}
{{ s.index('zz') }}
{{ s.startswith(1) }}
{{ s.strip(1) }}
{{ nums.index(99) }}
{{ nums.append(1) }}
{% set _ = nums.append(1) %}
{{ nums.pop() }}
{{ nums.sort() }}
{{ d.update({'a': 1}) }}
{{ d.pop('name') }}
{{ d.get() }}
{{ d.setdefault('a', 1) }}
{{ s[none] }}{{ s['a']() }}
{{ s[::0] }}
{{ nums['a':] }}
{{ n[1:] }}
{{ d[1:] }}
{{ {[1]: 2} }}
{{ {{}: 2} }}
{{ range() }}
{{ range('a') }}
{{ range(1.5) }}
{{ range(1, 2, 0) }}
{{ range(200000)|list }}
{{ dict(1) }}
{{ dict([1]) }}
{{ namespace(1) }}
{{ '%d' % 'a' }}
{{ '%s %s' % 'a' }}
{{ '%s' % (1, 2) }}
{{ '%(a)s' % {} }}
{{ '%' % 1 }}
{{ '{}'.format() }}
{{ '{a}'.format() }}
{{ '{'.format(1) }}
{{ '{:d}'.format('a') }}
{{ ''.__class__.__mro__ }}
{{ ''.__class__.__mro__[1].__subclasses__() }}
{{ ''['__class__']['__base__'] }}
{{ d.__init__.__globals__ }}
{{ range.__globals__.x }}
{{ raise_exception('roles must alternate') }}
{% if n > 5 %}{{ raise_exception('n is ' ~ n) }}{% endif %}
{{ raise_exception() }}
{{ raise_exception(none) }}
{{ strftime_now() }}
{{ strftime_now(1) }}
{% set nums.x = 1 %}
{% set undefined_name.x = 1 %}
{% set a, b = 1 %}
{% set a, b = [1] %}
{% set a, b = [1, 2, 3] %}
{% for a, b in nums %}{% endfor %}
{% for a in n %}{% endfor %}
{% for a in none %}{% endfor %}
{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}
{% macro f(a) %}{% endmacro %}{{ f(b=2) }}
{% macro f() %}{% endmacro %}{% call f() %}x{% endcall %}
{% macro f() %}{{ caller() }}{% endmacro %}{{ f() }}
{% for x in nums %}{{ loop.nope.x }}{% endfor %}
{% for x in nums %}{{ loop.cycle() }}{% endfor %}
{{ f(*1) }}
{{ dict(**1) }}
{% if t %}{{ s|nofilter }}{% endif %}
{% for x in [] %}{{ x|nofilter }}{% endfor %}
{% if no %}{% for x in [] %}{{ x|nofilter }}{% endfor %}{% endif %}
{% include 'x' %}
{% extends 'x' %}
{% import 'x' as y %}
{% from 'x' import y %}
{% do 1 %}
{% nosuchtag %}
{% endif %}
{% if %}{% endif %}
{% if t %}
{% for x in nums %}
{% for x nums %}{% endfor %}
{% for x in %}{% endfor %}
{% for in nums %}{% endfor %}
{% for 1 in nums %}{% endfor %}
{% for loop in nums %}{{ loop }}{% endfor %}
{% for x in nums %}{% set loop = 1 %}{% endfor %}
{% set 1 = 2 %}
{% set true = 2 %}
{% set x %}
{% set x = %}
{% set = 1 %}
{% macro %}{% endmacro %}
{% macro f %}{% endmacro %}
{% macro f(a=1, b) %}{% endmacro %}
{% macro f(a %}{% endmacro %}
{% break %}
{% continue %}
{% macro f() %}{% break %}{% endmacro %}
{% for x in nums %}{% macro f() %}{% break %}{% endmacro %}{% endfor %}
{% for x in nums %}{% generation %}{% break %}{% endgeneration %}{% endfor %}
{% for x in nums %}{% else %}{% break %}{% endfor %}
{% call 1 %}{% endcall %}
{% if t %}{% endfor %}
{% for x in nums %}{% endif %}{% endfor %}
{% raw %}x
{# x
{{ x
{% x
{{ }}
{{ 1 2 }}
{{ 1 + }}
{{ (1 }}
{{ 1) }}
{{ [1 }}
{{ [1) }}
{{ {'a' 1} }}
{{ {'a': } }}
{{ 'abc }}
{{ "abc' }}
{{ 'a\x4' }}
{{ 'a\u12' }}
{{ a. }}
{{ a.'b' }}
{{ a[] b }}
{{ a| }}
{{ a|1 }}
{{ a is }}
{{ a is not }}
{{ a is defined is defined }}
{{ f(a=1, 2) }}
{{ f(**a, b) }}
{{ f(*a, *b) }}
{{ f(, 1) }}
{{ f(1 2) }}
{{ a if }}
{{ a if b else }}
{{ not }}
{{ 1 < }}
{{ a ? b : c }}
{{ a && b }}
{{ a = 1 }}
{{ $a }}
{{ a; b }}
{{ 1..2 }}
{{ 5a }}
{{ if }}{{ in }}
""".strip("\n").split("\n")


def chats():
    """Templates in the style of those that published models carry."""
    system = {"role": "system", "content": "Be brief."}
    turns = [
        {"role": "user", "content": "What is shown? "},
        {"role": "assistant", "content": "A dog."},
        {"role": "user", "content": " Which colour?"},
    ]
    tools = [
        {
            "type": "function",
            "function": {
                "name": "weather",
                "description": "Get the weather, \"now\" <or> later.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "city": {"type": "string", "description": "The city"},
                        "unit": {"type": "string", "enum": ["°C", "°F"]},
                    },
                    "required": ["city"],
                },
            },
        }
    ]
    tool_turns = [
        {"role": "user", "content": "Weather in Köln?"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"type": "function", "function": {"name": "weather", "arguments": {"city": "Köln", "n": 1.5}}}],
        },
        {"role": "tool", "name": "weather", "content": "rain"},
        {"role": "tool", "name": "weather", "content": "12 °C"},
        {"role": "assistant", "content": "<think>\nhm\n</think>\n\nRain, 12 °C."},
        {"role": "user", "content": "Thanks"},
    ]
    typed = [
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What is shown?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "A dog."}]},
        {"role": "user", "content": [{"type": "text", "text": "Which colour?"}, {"type": "image"}]},
    ]
    conversations = {
        "turns": turns,
        "system": [system] + turns,
        "bad order": turns[1:],
        "unknown role": [{"role": "robot", "content": "x"}],
        "empty": [],
        "tools": [system] + tool_turns,
        "typed": typed,
        "typed system": [{"role": "system", "content": [{"type": "text", "text": "Be brief."}]}] + typed,
    }
    templates = {
        "llama2": """{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}{% set sys = messages[0]['content'] %}{% else %}{% set rest = messages %}{% set sys = false %}{% endif %}{% for m in rest %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate: user, assistant, user, ...') }}{% endif %}{% if loop.index0 == 0 and sys != false %}{% set text = '<<SYS>>\\n' + sys + '\\n<</SYS>>\\n\\n' + m['content'] %}{% else %}{% set text = m['content'] %}{% endif %}{% if m['role'] == 'user' %}{{ bos_token + '[INST] ' + text.strip() + ' [/INST]' }}{% elif m['role'] == 'assistant' %}{{ ' ' + text.strip() + ' ' + eos_token }}{% endif %}{% endfor %}""",
        "llama3": """{{- bos_token }}
{%- if custom_tools is defined %}
    {%- set tools = custom_tools %}
{%- endif %}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}

{#- The system message comes first. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set sys = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set sys = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{{- "Today: " + date_string + "\\n\\n" }}
{%- if tools is not none %}
    {{- "Functions:\\n\\n" }}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{{- sys }}
{{- "<|eot_id|>" }}
{%- for m in messages %}
    {%- if not (m.role == 'ipython' or m.role == 'tool' or 'tool_calls' in m) %}
        {{- '<|start_header_id|>' + m['role'] + '<|end_header_id|>\\n\\n' }}
        {%- if m['content'] is string %}{{- m['content'] | trim }}{%- else %}
            {%- for part in m['content'] %}
                {%- if part['type'] == 'image' %}
                    {{- '<|image|>' }}
                {%- elif part['type'] == 'text' %}
                    {{- part['text'] }}
                {%- endif %}
            {%- endfor %}
        {%- endif %}
        {{- '<|eot_id|>' }}
    {%- elif 'tool_calls' in m %}
        {%- if not m.tool_calls|length == 1 %}
            {{- raise_exception("One tool call at a time!") }}
        {%- endif %}
        {%- set call = m.tool_calls[0].function %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}
        {{- '{"name": "' + call.name + '", ' }}
        {{- '"parameters": ' }}
        {{- call.arguments | tojson }}
        {{- "}" }}
        {{- "<|eot_id|>" }}
    {%- elif m.role == "tool" or m.role == "ipython" %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\\n\\n" }}
        {%- if m.content is mapping or (m.content is iterable and m.content is not string) %}
            {{- m.content | tojson }}
        {%- else %}
            {{- m.content }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
        "vicuna": """{% if messages[0]['role'] == 'system' %}{% set sys = messages[0]['content'].strip() + ' ' %}{% set rest = messages[1:] %}{% else %}{% set sys = '' %}{% set rest = messages %}{% endif %}{{ bos_token }}{% for m in rest %}{% if (m.role == 'user') != (loop.index0 is even) %}{{ raise_exception('Conversation roles must alternate') }}{% endif %}{% if loop.first %}{{ sys }}{% endif %}{% if m.role == 'user' %}{{ 'USER: ' ~ m.content.strip() ~ ' ' }}{% else %}{{ 'ASSISTANT: ' ~ m.content.strip() ~ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}""",
        "chatml": """{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}""",
        "qwen2": """{% for message in messages %}
{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\\nYou are helpful.<|im_end|>\\n' }}{% endif %}
<|im_start|>{{ message['role'] }}
{{ message['content'] }}<|im_end|>
{% endfor %}
{% if add_generation_prompt %}
<|im_start|>assistant
{% endif %}""",
        "qwen2.5": """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- else %}
        {{- 'You are helpful.' }}
    {%- endif %}
    {{- "\\n\\n# Tools\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>system\\nYou are helpful.<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
        {%- if message.content %}
            {{- '\\n' + message.content }}
        {%- endif %}
        {%- for tool_call in message.tool_calls %}
            {%- if tool_call.function is defined %}
                {%- set tool_call = tool_call.function %}
            {%- endif %}
            {{- '\\n<tool_call>\\n{"name": "' }}
            {{- tool_call.name }}
            {{- '", "arguments": ' }}
            {{- tool_call.arguments | tojson }}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' }}
        {{- message.content }}
        {{- '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
""",
        "qwen3": """{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if message.role == "assistant" %}
        {%- set reasoning = '' %}
        {%- if '</think>' in content %}
            {%- set reasoning = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index %}
            {{- '<|im_start|>assistant\\n<think>\\n' + reasoning.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>assistant\\n' + content }}
        {%- endif %}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + content }}
    {%- endif %}
    {{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}""",
        "qwen2-vl": """{% set image_count = namespace(value=0) %}{% for message in messages %}{% if loop.first and message['role'] != 'system' %}<|im_start|>system
You are helpful.<|im_end|>
{% endif %}<|im_start|>{{ message['role'] }}
{% if message['content'] is string %}{{ message['content'] }}<|im_end|>
{% else %}{% for content in message['content'] %}{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}{% set image_count.value = image_count.value + 1 %}{% if add_vision_id %}Picture {{ image_count.value }}: {% endif %}<|vision_start|><|image_pad|><|vision_end|>{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}""",
        "smollm2": """{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a small assistant<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}""",
        "smolvlm": """<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}{% if message['content'][0]['type'] == 'image' %}{{':'}}{% else %}{{': '}}{% endif %}{% for line in message['content'] %}{% if line['type'] == 'text' %}{{line['text']}}{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>
{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}""",
        "mistral": """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}

{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("Roles must alternate after the optional system message.") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}

{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}
                        {{- '"' + key + '": "' + val + '"' }}
                    {%- else %}
                        {{- '"' + key + '": ' + val|tojson }}
                    {%- endif %}
                    {%- if not loop.last %}
                        {{- ", " }}
                    {%- endif %}
                {%- endfor %}
                {{- "}}" }}
                {%- if not loop.last %}
                    {{- ", " }}
                {%- else %}
                    {{- "]" }}
                {%- endif %}
            {%- endfor %}
            {{- "[/AVAILABLE_TOOLS]" }}
            {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {{- "[TOOL_CALLS] [" }}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}
            {{- out[:-1] }}
            {%- if not tool_call.id is defined or tool_call.id|length != 9 %}
                {{- ', "id": "?"}' }}
            {%- endif %}
            {%- if not loop.last %}
                {{- ", " }}
            {%- else %}
                {{- "]" + eos_token }}
            {%- endif %}
        {%- endfor %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- elif message["role"] == "tool_results" or message["role"] == "tool" %}
        {%- if message.content is defined and message.content.content is defined %}
            {%- set content = message.content.content %}
        {%- else %}
            {%- set content = message.content %}
        {%- endif %}
        {{- '[TOOL_RESULTS] {"content": ' + content|string + ", " }}
        {{- "}[/TOOL_RESULTS]" }}
    {%- else %}
        {{- raise_exception("Unknown role: " + message["role"]) }}
    {%- endif %}
{%- endfor %}
""",
        "gemma": """{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}""",
        "gemma3": """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '\n\n' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '\n\n' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Roles must alternate") }}
    {%- endif -%}
    {{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else message['role']) + '\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model
'}}
{%- endif -%}
""",
        "phi3": """{% for message in messages %}{% if message['role'] == 'system' %}{{'<|system|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'user' %}{{'<|user|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'assistant' %}{{'<|assistant|>\n' + message['content'] + '<|end|>\n'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}""",
        "phi4": """{% for message in messages %}{% if (message['role'] in ['system', 'user', 'assistant']) %}{{'<|im_start|>' ~ message['role'] ~ '<|im_sep|>' ~ message['content'] ~ '<|im_end|>'}}{% else %}{{ raise_exception('role ' ~ message.role ~ ' at ' ~ loop.index0) }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}""",
        "deepseek": """{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% set ns = namespace(is_first=false, is_tool=false, is_output_first=true, system_prompt='') %}{%- for message in messages %}{%- if message['role'] == 'system' %}{% set ns.system_prompt = message['content'] %}{%- endif %}{%- endfor %}{{bos_token}}{{ns.system_prompt}}{%- for message in messages %}{%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}{{'<|User|>' + message['content']}}{%- endif %}{%- if message['role'] == 'assistant' and message['tool_calls'] is defined %}{%- set ns.is_tool = false -%}{%- for tool in message['tool_calls']%}{%- if not ns.is_first %}{{'<|Assistant|><|calls|>' + tool['type'] + '<|sep|>' + tool['function']['name'] + '\\n' + '```json' + '\\n' + tool['function']['arguments']|tojson + '\\n' + '```'}}{%- set ns.is_first = true -%}{%- else %}{{'\\n' + tool['function']['name']}}{%- endif %}{%- endfor %}{%- endif %}{%- if message['role'] == 'assistant' and message['tool_calls'] is not defined %}{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{'<|Assistant|>' + content + eos_token}}{%- endif %}{%- if message['role'] == 'tool' %}{%- set ns.is_tool = true -%}{%- if ns.is_output_first %}{{'<|outputs|>' + message['content'] + '<|end|>'}}{%- set ns.is_output_first = false %}{%- else %}{{'\\n<|output|>' + message['content'] + '<|end|>'}}{%- endif %}{%- endif %}{%- endfor -%}{% if ns.is_tool %}{{'<|outputs end|>'}}{% endif %}{% if add_generation_prompt and not ns.is_tool %}{{'<|Assistant|>'}}{% endif %}""",
        "llava-hf": """{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': '}}{% endif %}{# Render all images first #}{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}{# Render all text next #}{% if message['role'] != 'assistant' %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] + ' '}}{% endfor %}{% else %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{% generation %}{{ content['text'] + ' '}}{% endgeneration %}{% endfor %}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}""",
        "zephyr": """{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>\n' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>\n' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>\n'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}""",
        "alpaca": """{% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] }}{% set messages = messages[1:] %}{% endif %}
{%- for message in messages %}

### {{ {'user': 'Instruction', 'assistant': 'Response'}.get(message.role, message.role|title) }}:
{{ message.content if message.content is string else message.content|map(attribute='text')|select('defined')|join(' ') }}
{%- endfor %}
{%- if add_generation_prompt %}


### Response:
{% endif %}""",
        "command": """{%- macro document(doc, first=true) -%}
{{ '' if first else '\n' }}<doc title="{{ doc.title | default('untitled', true) }}">{{ doc.text | trim | indent(2) }}</doc>
{%- endmacro -%}
{%- macro schema(name, spec, depth=0) -%}
{{ '  ' * depth }}- {{ name }}: {{ spec.type }}{% if spec.enum %} ({{ spec.enum | join('|') }}){% endif %}

{% for key, value in (spec.properties or {}) | dictsort %}
{{ schema(key, value, depth + 1) }}
{%- endfor %}
{%- endmacro -%}
{{ bos_token }}{% for doc in documents or [] %}{{ document(doc, loop.first) }}{% endfor %}
{%- for tool in tools or [] %}
{{ schema(tool.function.name, tool.function.parameters) }}
{%- endfor %}
{%- for m in messages if m.content %}
<|{{ m.role | upper }}|>{{ m.content }}<|END|>
{%- endfor %}
{%- if add_generation_prompt %}<|CHATBOT|>{% endif %}""",
    }
    for tname, template in templates.items():
        for cname, messages in conversations.items():
            data = {"messages": messages, "bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": True}
            variants = [("", data)]
            if cname == "tools":
                variants.append((" given", data | {"tools": tools}))
            if cname == "turns":
                variants.append((" closed", data | {"add_generation_prompt": False}))
                variants.append((" bare", {"messages": messages}))
                variants.append((" documents", data | {"documents": [{"title": "T", "text": " a\nb "}, {"text": "c"}], "enable_thinking": False}))
            for vname, d in variants:
                yield f"{tname}, {cname}{vname}", template, d


def main():
    cases = []

    def add(name, template, data):
        cases.append({"name": name, "template": template} | ({} if data is None else {"data": data}) | render(template, DATA if data is None else data))

    for i, x in enumerate(EXPRESSIONS):
        add(f"expression {i}: {x}", "{{ " + x + " }}", None)
    for i, (template, data) in enumerate(TEMPLATES):
        add(f"template {i}", template, data)
    for i, template in enumerate(FAILING):
        add(f"failing {i}: {template}", template, None)
    for name, template, data in chats():
        add(f"chat {name}", template, data)
    # One case a line.
    dumps = lambda x: json.dumps(x, ensure_ascii=False)
    lines = ",\n".join(map(dumps, cases))
    print(f'{{"now": "{NOW.isoformat()}", "data": {dumps(DATA)}, "cases": [\n{lines}\n]}}')
    count = {}
    for c in cases:
        k = c["name"].split()[0] + ": " + c.get("error", "rendered")
        count[k] = count.get(k, 0) + 1
    print(count, file=sys.stderr)


if __name__ == "__main__":
    main()
