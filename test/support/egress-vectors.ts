/** Addresses that lead inside, in every spelling and disguise; `:P` stands for the port of a listener that counts. */

export const words = (text: string): string[] => text.trim().split(/\s+/)

const v4Literals = words(`
  127.1 127.0.1 127.0.0.1 2130706433 0x7f.1 0x7f000001 0x7f.0x0.0x0.0x1 017700000001 0177.0.0.1 0177.1
  127.0.0.1. 127.255.255.254 127.0.0.53 00000177.0.0.1 0x7F.0.0.1 １２７.0.0.1 １２７．０．０．１ 127。0。0。1
  127．0．0．1 127｡0｡0｡1 %31%32%37.0.0.1 ①②⑦.0.0.1 1²7.0.0.1 𝟏𝟐𝟕.𝟎.𝟎.𝟏 %31%32%37%2e%30%2e%30%2e%31 0
  0.0.0.0 0.0 0x0 00 0.1.2.3 0.255.255.255 0x0.0x0 10.0.0.0 10.0.0.1 10.255.255.255 167772161 0xa.1
  012.0.0.1 10.1 100.64.0.0 100.64.0.1 100.100.100.200 100.127.255.255 0x64.0x40.0.1 169.254.0.1
  169.254.169.254 169.254.170.2 169.254.255.255 2852039166 0xa9fea9fe 0xa9.0xfe.0xa9.0xfe
  0251.0376.0251.0376 169.254.43518 169.16689662 169。254。169。254 172.16.0.0 172.16.0.1 172.31.255.255
  172.20.10.1 0xac.0x10.0.1 2886729729 192.0.0.0 192.0.0.1 192.0.0.192 192.0.0.255 192.0.2.0
  192.0.2.255 192.88.99.0 192.88.99.255 192.168.0.0 192.168.0.1 192.168.255.255 3232235521 0xc0.0xa8.1
  192.168.1 198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255 224.0.0.0
  224.0.0.1 239.255.255.255 240.0.0.0 250.1.2.3 255.255.255.255 4294967295 0xffffffff 037777777777
  168.63.129.16 0xa83f8110 2822734096
`)
const v6Literals = words(`
  :: ::1 0:0:0:0:0:0:0:0 0:0:0:0:0:0:0:1 0000::0001 ::0.0.0.1 0::1 ::127.0.0.1 ::7f00:1 ::10.0.0.1
  ::8.8.8.8 ::169.254.169.254 ::2 ::ffff ::ffff:0 ::ffff:127.0.0.1 ::ffff:7f00:1 ::FFFF:127.0.0.1
  0:0:0:0:0:ffff:7f00:1 ::ffff:0.0.0.0 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::ffff:169.254.169.254
  ::ffff:192.168.1.1 ::ffff:172.16.0.1 ::ffff:100.64.0.1 ::ffff:255.255.255.255 ::ffff:168.63.129.16
  ::ffff:100.100.100.200 ::ffff:0:127.0.0.1 ::ffff:0:8.8.8.8 64:ff9b::127.0.0.1 64:ff9b::7f00:1
  64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b::0 64:ff9b::192.168.0.1 64:ff9b::224.0.0.1
  64:ff9b::168.63.129.16 0064:ff9b:0::a9fe:a9fe 64:ff9b:1::127.0.0.1 64:ff9b:1::10.0.0.1
  64:ff9b:1::a9fe:a9fe 64:ff9b:1:7f00:0:100:: 64:ff9b:1:a9fe:a9:fe00:: 64:ff9b:1:a00:0:100:808:808
  64:ff9b:2::8.8.8.8 64:ff9b:0:1::808:808 2002:7f00:1:: 2002:7f00:1::1 2002:a00:1:: 2002:a9fe:a9fe::1
  2002:c0a8:101:: 2002:ac10:1:: 2002:: 2002:e000:1:: 2002:6440:1::1 2002:a83f:8110:: 100:: 100::1
  100:0:0:1:: 2001:: 2001::1 2001:0:7f00:1:: 2001:10::1 2001:20::1
  2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8:: 2001:db8::1 2001:db8:ffff:: 3fff::1
  3fff:fff:ffff::1 4000::1 5f00::1 1::1 1fff:ffff::1 8000::1 e000::1 fc00:: fc00::1 fd00::1
  fd00:ec2::254 fd20:ce::254 fdff:ffff::1 fdff::ffff fe00::1 fe80:: fe80::1 fe80::a9fe:a9fe febf::1
  fec0:: fec0::1 feff::1 ff00:: ff01::1 ff02::1 ff02::2 ff05::1:3 ff0e::1 ffff::1
`).map((address) => `[${address}]`)
const loopbackNames = [
  ...words(`
  localhost LOCALHOST localhost. LocalHost. a.localhost a.b.localhost a.localhost. ⓛocalhost ⓁⓄⒸⒶⓁⒽⓄⓈⓉ
  ｌｏｃａｌｈｏｓｔ local%68ost ℓocalhost localhoſt x.ⓛocalhost localhost。 a。localhost
`),
  'loc\talhost',
]
/** What a resolver answers for names that look public. */
export const zone: Readonly<Record<string, readonly string[]>> = {
  '127.0.0.1.nip.io': ['127.0.0.1'],
  '10-0-0-1.sslip.io': ['10.0.0.1'],
  'localtest.me': ['127.0.0.1', '::1'],
  'lvh.me': ['127.0.0.1'],
  'metadata.google.internal': ['169.254.169.254'],
  'metadata.goog': ['169.254.169.254', 'fd20:ce::254'],
  'instance-data.ec2.internal': ['fd00:ec2::254'],
  'metadata.azure.internal': ['168.63.129.16'],
  'kubernetes.default.svc': ['10.96.0.1'],
  'mixed.example': ['93.184.216.34', '127.0.0.1'],
  'mixed-last.example': ['93.184.216.34', '2606:2800::1', '::1'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'nat64.example': ['64:ff9b::7f00:1'],
  'sixtofour.example': ['2002:7f00:1::1'],
  'compatible.example': ['::127.0.0.1'],
  'linklocal.example': ['fe80::1%lo'],
  'zero.example': ['0.0.0.0'],
  'zero6.example': ['::'],
  'multicast.example': ['224.0.0.251'],
  'garbage.example': ['not an address'],
  'xn--bcher-kva.example': ['127.0.0.1'],
  'rebound.example': ['127.0.0.1'],
}
const names = Object.keys(zone).filter((name) => !name.startsWith('xn--'))
export const tricks = [
  'http://127.0.0.1:P\\@public.example/',
  'http://127.0.0.1:P#@public.example/',
  'http://127.0.0.1:P?@public.example/',
  'http:\\\\127.0.0.1:P\\',
  'http:/127.0.0.1:P/',
  'http:127.0.0.1:P',
  'http:////127.0.0.1:P/',
  'http://127.0.\t0.1:P/',
  'ht\ntp://127.0.0.1:P/',
  ' \u0001http://127.0.0.1:P/',
  'HTTP://127.0.0.1:P/',
  'http://127.0.0.1:P/\r\nHost: public.example',
  'http://bücher.example:P/',
  'http://BÜCHER.example:P/',
]
export const userinfo = [
  'http://user@127.0.0.1:P/',
  'http://user:pass@public.example:P/',
  'http://public.example@127.0.0.1:P/',
  'http://public.example:80@127.0.0.1:P/',
  'http://:pass@public.example/',
  'http://a%40b@127.0.0.1:P/',
]
export const otherSchemes = words(`
  file:///etc/passwd gopher://127.0.0.1:P/ ftp://127.0.0.1:P/ data:text/plain,hello ws://127.0.0.1:P
  jar:http://127.0.0.1:P!/ javascript:alert(1) unix:/var/run/docker.sock blob:http://127.0.0.1:P/x
  http+unix://%2Fvar%2Frun%2Fdocker.sock/ dict://127.0.0.1:P/ ldap://127.0.0.1:P/ about:blank
`)
const badPorts = words(`
  http://public.example:0/ http://public.example:22/ https://public.example:6379/
  http://public.example:25/ http://93.184.216.34:11211/ http://public.example:00000022/
`)
export const unparsable = [
  '',
  'http://a b/',
  ...words(`
  public.example //127.0.0.1/ http:// http://[::1%25lo]:P/ http://[fe80::1%eth0]/ http://[::1
  http://127.0.0.1:65536/ http://256.256.256.256/ http://1.2.3.4.5/ http://0x100000000/
  http://[127.0.0.1]/ http://127.0.0.1:-1/ http://a%00b/ http://%/ http://a%2fb/
`),
]

const literalUrls = [...v4Literals, ...v6Literals, ...loopbackNames].map((host) => `http://${host}:P/v1`)
export const refusedByText = [
  ...literalUrls,
  ...tricks.slice(0, -2),
  ...userinfo,
  ...otherSchemes,
  ...badPorts,
  ...unparsable,
]
export const refusedByAddress = [...names.map((name) => `http://${name}:P/v1`), ...tricks.slice(-2)]
