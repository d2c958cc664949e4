/** The English words that the guards look at: what they mean alike, what they turn round, what they narrow. */

const split = (text: string): string[] => text.trim().split(/\s+/)

/** A table from lists of words: each word names its list by the list's first word. */
function tableOf(lists: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lists.flatMap((list) => {
      const words = split(list)
      return words.map((word) => [word, words[0]!] as const)
    }),
  )
}

/** Words that carry no meaning of their own in a question: how one asks, not what. */
export const fillers: ReadonlySet<string> = new Set(
  split(`
    a an the this that these those there here it its itself i me my mine we us our ours you your yours he she they them
    their is are was were be been being am do does did doing done have has had having will would shall should can could
    may might must and or but so if then else as of at by for with about into onto in on to from up out off over than
    please kindly hi hello hey thanks thank just simply really actually basically maybe perhaps some any kind sort
    what which who whom whose when where why how tell explain describe show give know want wish like need trying try
    looking look help let get got getting go going make making way ways possible able possibly steps step process
    procedure method exactly also too very quick quickly question wondering wonder advise advice anyone someone
    somebody people one thing things something anything right correct proper properly best good idea s t m re ve ll d
    supposed happen happens happening mean means meant using use used via through during while because since
    information info details detail instructions guide overview walk
  `),
)

/** Words that two ways to ask the same may differ in without harm: they place, bound or dress what is asked. */
export const frames: ReadonlySet<string> = new Set(
  split(`
    account app application tool program software system site website page web online service feature option options
    setting settings menu button buttons key screen area section   item items case cases situation
    type types form way kinds example examples list lists order set  
    rate point points degree   unit word words term phrase named called call calling 
      day year years month months week hour minute schedule often
    most more less few little lot far soon early  yet still already ever also even only-just whether
    work works working job jobs task run running go goes gone come comes came put puts place places take takes taking
    took make makes made give gives given giving become becomes turn keep keeps keeping let lets allow allows bring say
    says said tell told ask asked asking think know known see seen look looks seem like likes prefer press hit click
    tap open-up apply applies applying follow handle deal manage perform carry execute operate function functions
    person human user users owner own world nation country city state      
    recommend recommended suggest suggested recommendation suggestion ideal optimal suitable fit normal normally typical
    typically usual usually standard common commonly general generally average-case certain specific particular
    necessary essential important mandatory required requirement sure certain okay ok fine good well better great
    please tip tips trick tricks hint hints idea ideas answer question   advice  plans
    method methods approach solution fix-it  line   simple easy easily   
    happen occur occurs reach result results end-up become return-value thing  enough  around back away
    together ahead along each-time once twice-a new-one another other others    such
    citizen citizens national nationals folk individual individuals guy  member members must-have entitled
    entitlement claim allowance legally official officially recently today-date actual actually real visible
    expect expected expecting supposed plan-to intend   worried concern concerned mind
      total-of kind-of sort-of regard regarding concerning related relation respect terms
  `),
)

/** Words of one meaning in most questions. The first names it. */
export const synonyms = tableOf([
  'remove delete erase deletion removal wipe eliminate eliminating clear take-out get-out cleaner clean cleaning wash washing',
  'change modify edit update alter adjust amend switch replace modification set updating',
  'create build generate set-up setup establish produce creating creation',
  'begin start launch initiate commence boot beginning onset power-on',
  'end stop halt terminate quit finish finished over shut-down shut-off power-off ending final stopping cancel cancellation unsubscribe expire',
  'enable activate turn-on switch-on enabling activation enabled',
  'disable deactivate turn-off switch-off disabling deactivation disabled',
  'buy purchase acquire buying',
  'fix repair resolve solve mend troubleshoot',
  'error problem issue fault failure trouble',
  'cost price fee charge charges expense pricing fees costs prices',
  'export exporter exporters exports exporting exported',
  'import importer importers imports importing imported',
  'find locate discover search get-hold obtain available',
  'send transfer move shift reschedule postpone submit mail post ship shipping sending moving shipped shipment dispatch',
  'shop store',
  'large big huge largest biggest most top lead leading',
  'small little tiny smallest',
  'fast quick rapid speedy speed velocity pace quicker faster',
  'car automobile vehicle',
  'illness disease sickness ill sick',
  'doctor physician',
  'child kid kids children',
  'movie film films movies',
  'photo picture image photograph pictures photos images snapshot screenshot capture grab',
  'phone telephone mobile smartphone cellphone',
  'company firm enterprise',
  'employee worker staff',
  'customer client',
  'password passcode passphrase',
  'restore recover',
  'undo revert reverting undone take-back roll-back reverse',
  'refund reimbursement money-back reimburse',
  'return send-back returns returning',
  'effect impact consequence influence effects consequences',
  'why cause reason origin causes reasons',
  'benefit advantage pro upside benefits advantages pros',
  'drawback disadvantage con downside drawbacks disadvantages cons',
  'difference distinction contrast differ compare differences comparison versus vs',
  'length duration lengthy long time times hours minutes days months years',
  'age old aged older',
  'amount quantity many much',
  'height tall high',
  'depth deep',
  'width wide',
  'weight heavy weigh',
  'distance distant separate',
  'temperature hot cold heat warm',
  'bake cook roast oven baking cooking roasting boil boiling boiled prepare',
  'calculate compute determine work-out figure',
  'choose pick select',
  'need require requires required needed needs necessary requirement must mandatory',
  'convert translate transform express conversion equal equals translation translated',
  'view watch',
  'login log-in sign-in signin',
  'logout log-out sign-out signout',
  'safe safety harmless okay',
  'danger dangerous harm harmful bad toxic poisonous unsafe hurt',
  'pregnant pregnancy expecting mothers',
  'permit permitted permission allowed may',
  'die death died dead',
  'born birth birthday',
  'frequency frequently often',
  'deadline due due-date last-day',
  'lawyer attorney counsel solicitor advocate',
  'repay repayment pay-off pay-back settle redeem',
  'early sooner ahead prematurely',
  'descending reverse-order largest-first',
  'backup back-up dump save copy',
  'message mail email e-mail mails emails messages',
  'person somebody people human',
  'founder founders found founded started',
  'recommend suggestion suggest',
  'suitable fit appropriate proper',
  'grant assign give assigning granting',
  'role rights right access permission permissions privilege privileges',
  'symptom sign signs symptoms indication indications',
  'deficiency lack lacking shortage not-enough too-little',
  'preserve fresh last storage keep storing stored store spoiling spoil',
  'wifi wireless wlan',
  'leave depart departure departs leaves',
  'vm virtual-machine virtual-server instance',
  'title trophy trophies titles',
  'renew renewal extend extending renewing renewed',
  'use utilize usage',
  'ratio proportion proportions relation',
  'water watering irrigate irrigation',
  'mold mould mildew',
  'tire tyre tires tyres',
  'air pressure inflate inflated',
  'last final latest most-recent',
  'write draft compose',
  'read peruse',
  'learn study master learning',
  'teach instruct train',
  'toy toys',
  'job position post',
  'salary wage pay-check wages',
  'holiday vacation',
  'house home',
  'flat apartment',
  'garbage trash rubbish waste',
  'lift elevator',
  'petrol gasoline gas',
  'rug carpet carpets rugs',
  'shortcut hotkey',
  'city town',
  'country nation state',
  'citizen national citizens nationals',
  'lock pin freeze fix-in-place stay-put',
  'header top-row first-row first-line',
  'component module',
  'pass hand-down hand props',
  'array list',
  'database db',
  'directory folder',
  'delete-key backspace',
  'laptop notebook',
  'screen display monitor',
  'face facial',
  'name title',
  'prevent avoid protect repel keep-out keep-off',
  'number',
  'size',
  'value',
  'date',
  'colour color',
  'list-price',
  'month monthly',
  'allowance entitlement entitled',
  'exempt exemption',
  'melt liquid melting',
  'complexity big-o running-time',
  'notice notice-period',
])

/** Pairs of sides: to have a word of the one is not to have one of the other. */
export const opposites: readonly (readonly [ReadonlySet<string>, ReadonlySet<string>])[] = [
  [
    'enable activate turn-on switch-on enabling enabled on',
    'disable deactivate turn-off switch-off disabling disabled off',
  ],
  [
    'increase raise rise grow increasing growth rising higher up boost expand more',
    'decrease lower reduce drop fall shrink decreasing falling decline less fewer down cut',
  ],
  ['buy purchase buying import', 'sell selling sale export'],
  ['open opening opened opens', 'close closing closed closes shut'],
  ['lock locking locked', 'unlock unlocking unlocked'],
  ['add insert adding attach', 'remove delete removing erase deleting detach'],
  ['install installing', 'uninstall uninstalling'],
  ['upload uploading', 'download downloading'],
  ['encrypt encode encrypting compress', 'decrypt decode decrypting decompress'],
  ['deposit depositing', 'withdraw withdrawal withdrawing'],
  ['lend lending', 'borrow borrowing'],
  ['send sending', 'receive receiving'],
  ['push', 'pull'],
  ['win winning gain', 'lose losing loss'],
  ['start begin starting beginning', 'stop end finish ending stopping'],
  ['before prior ahead', 'after following afterwards'],
  ['first earliest oldest', 'last latest newest final'],
  ['maximum max highest largest biggest most longest', 'minimum min lowest smallest least shortest'],
  ['best top', 'worst bottom'],
  ['early earlier sooner ahead', 'late later'],
  ['cheap cheapest inexpensive', 'expensive dearest costly'],
  ['hot warm heat heating', 'cold cool cooling freeze'],
  ['left', 'right'],
  ['north northern', 'south southern'],
  ['east eastern', 'west western'],
  ['inside indoor indoors internal inner', 'outside outdoor outdoors external outer'],
  ['public', 'private'],
  ['true', 'false'],
  ['above over', 'below under beneath'],
  ['arrive arrival arriving', 'depart departure leave leaving departing'],
  ['accept approve approving accepting', 'reject decline deny refuse rejecting'],
  ['allow permit whitelist', 'block forbid ban prevent prohibit blacklist'],
  ['subscribe', 'unsubscribe'],
  ['follow', 'unfollow'],
  ['mute', 'unmute'],
  ['show display visible unhide', 'hide hidden invisible'],
  ['import importing', 'export exporting'],
  ['upgrade upgrading', 'downgrade downgrading'],
  ['hire hiring', 'fire firing dismiss'],
  ['employer', 'employee'],
  ['buyer', 'seller'],
  ['teacher', 'student'],
  ['landlord', 'tenant'],
  ['credit', 'debit'],
  ['income revenue', 'expense expenditure'],
  [
    'benefit benefits advantage advantages pros upside',
    'drawback drawbacks disadvantage disadvantages cons downside risk risks',
  ],
  ['cause causes', 'effect effects consequence consequences symptom symptoms'],
  ['ascending', 'descending'],
  ['vertical vertically', 'horizontal horizontally'],
  ['row rows', 'column columns'],
  ['client', 'server'],
  ['input inputs', 'output outputs'],
  ['read reading', 'write writing'],
  ['save', 'discard'],
  ['merge join', 'split separate'],
  ['connect connecting pair pairing', 'disconnect disconnecting unpair'],
  ['mount', 'unmount'],
  ['archive', 'unarchive'],
  ['gross', 'net'],
  ['male man men boy', 'female woman women girl'],
  ['old older elderly', 'new young newer younger'],
  ['slow slower slowly', 'fast faster quickly'],
  ['long longer', 'short shorter'],
  ['strong stronger', 'weak weaker'],
  ['safe safely', 'dangerous unsafe'],
  ['legal', 'illegal'],
  ['possible', 'impossible'],
  ['odd', 'even'],
  ['positive', 'negative'],
  ['manual manually', 'automatic automatically'],
  ['temporary temporarily', 'permanent permanently'],
  ['personal', 'business'],
  ['single', 'multiple several'],
  ['incoming inbound', 'outgoing outbound'],
  ['major', 'minor'],
  ['free', 'paid'],
  ['wired', 'wireless'],
  ['online', 'offline'],
  ['domestic', 'international'],
  ['adult adults', 'child children kid kids'],
].map(([one, other]) => [new Set(split(one!)), new Set(split(other!))] as const)

/** Words that say how much of something is meant: both questions must have the same. */
export const scopes = tableOf([
  'before prior',
  'after following afterwards',
  'until till',
  'since',
  'ago',
  'next',
  'all every each entire whole everyone everybody everything',
  'only solely exclusively',
  'except excluding besides',
  'both',
  'either',
  'average mean',
  'median',
  'total sum overall',
  'per',
  'at-least minimum min',
  'at-most maximum max',
  'same',
  'default',
  'global globally everywhere worldwide',
  'local locally',
  'admin administrator administrators',
  'guest',
  'team organization organisation company-wide',
  'current currently existing',
  'future upcoming',
  'past previous previously former earlier',
])

export const negations: ReadonlySet<string> = new Set(
  split('not no never none nobody nothing neither nor without cannot cant unable fail fails failed failing'),
)

/** When: both questions must name the same times. */
export const times = tableOf([
  ...split('today tomorrow yesterday tonight'),
  'monday mon',
  'tuesday tue',
  'wednesday wed',
  'thursday thu',
  'friday fri',
  'saturday sat',
  'sunday sun',
  'weekend weekends',
  'weekday weekdays',
  'january jan',
  'february feb',
  'march',
  'april apr',
  'may-month',
  'june jun',
  'july jul',
  'august aug',
  'september sept sep',
  'october oct',
  'november nov',
  'december dec',
  'spring',
  'summer summertime',
  'autumn fall-season',
  'winter wintertime',
  'morning mornings am-time',
  'noon midday',
  'afternoon',
  'evening evenings pm-time',
  'night nights midnight overnight',
  'hourly',
  'daily',
  'weekly',
  'fortnightly biweekly',
  'monthly',
  'quarterly',
  'yearly annual annually',
  'last-time',
  'now nowadays immediately',
  'later',
  'always',
  'sometimes',
  'christmas xmas',
  'easter',
  'ramadan',
  'thanksgiving',
])

/** What is measured, and in what: both questions must name the same. */
export const units = tableOf([
  'second seconds sec secs',
  'millisecond milliseconds ms',
  'minute minutes mins',
  'hour hours hr hrs',
  'day days',
  'week weeks',
  'month months',
  'quarter quarters',
  'year years',
  'decade decades',
  'century centuries',
  'meter meters metre metres',
  'kilometer kilometers kilometre kilometres km kms',
  'centimeter centimeters centimetre centimetres cm',
  'millimeter millimeters millimetre millimetres mm',
  'mile miles',
  'foot feet ft',
  'inch inches',
  'yard yards',
  'gram grams',
  'kilogram kilograms kg kgs kilo kilos',
  'pound pounds lb lbs',
  'ounce ounces oz',
  'ton tons',
  'tonne tonnes',
  'stone stones',
  'liter liters litre litres',
  'milliliter milliliters millilitre millilitres ml',
  'gallon gallons',
  'pint pints',
  'cup cups',
  'tablespoon tablespoons tbsp',
  'teaspoon teaspoons tsp',
  'celsius centigrade',
  'fahrenheit',
  'kelvin',
  'dollar dollars usd',
  'euro euros eur',
  'gbp sterling',
  'yen jpy',
  'franc francs chf',
  'rupee rupees inr',
  'cent cents',
  'bitcoin btc',
  'percent percentage',
  'byte bytes',
  'bit bits',
  'kilobyte kilobytes kb',
  'megabyte megabytes mb',
  'gigabyte gigabytes gb',
  'terabyte terabytes tb',
  'mebibyte mebibytes mib',
  'gibibyte gibibytes gib',
  'megabit megabits mbps',
  'gigabit gigabits gbps',
  'watt watts',
  'kilowatt kilowatts kw',
  'kwh',
  'volt volts',
  'amp amps ampere amperes',
  'joule joules',
  'calorie calories kcal',
  'hertz hz',
  'megahertz mhz',
  'gigahertz ghz',
  'degree degrees',
  'radian radians',
  'acre acres',
  'hectare hectares',
  'knot knots',
  'mph',
  'kph kmh',
  'dozen dozens',
  'bar',
  'psi',
  'pascal pascals',
])

/** Units that often only frame a question (`how many hours`): to have none is not to have another. */
export const softUnits: ReadonlySet<string> = new Set(
  split('second minute hour day week month quarter year degree cup'),
)

/** Meanings that only say what form the answer has: a question may go without them, but not have another. */
export const attributes: ReadonlySet<string> = new Set(
  split(`
    amount length date number value size name title temperature ratio deadline born cost weight height width depth
    distance fast frequency age complexity symptom
  `),
)

/** The same for what is done, or by whom, where it goes without saying. */
export const carriers: ReadonlySet<string> = new Set(
  split(`
    convert need recommend find choose calculate permit grant create change begin suitable person country city screen
    job component database
  `),
)

export const numerals: ReadonlyMap<string, string> = new Map(
  Object.entries({
    zero: '0',
    two: '2',
    three: '3',
    four: '4',
    five: '5',
    six: '6',
    seven: '7',
    eight: '8',
    nine: '9',
    ten: '10',
    eleven: '11',
    twelve: '12',
    thirteen: '13',
    fourteen: '14',
    fifteen: '15',
    sixteen: '16',
    seventeen: '17',
    eighteen: '18',
    nineteen: '19',
    twenty: '20',
    thirty: '30',
    forty: '40',
    fifty: '50',
    sixty: '60',
    seventy: '70',
    eighty: '80',
    ninety: '90',
    hundred: '100',
    thousand: '1000',
    million: '1e6',
    billion: '1e9',
    half: '0.5',
    second: '2nd',
    third: '3rd',
    fourth: '4th',
    fifth: '5th',
    twice: '2x',
    double: '2x',
    triple: '3x',
    thrice: '3x',
  }),
)

/** What kind of thing is asked for: two kinds that both are sure are two questions. */
export const kinds: readonly (readonly [RegExp, string])[] = [
  [/\bhow many times\b/, 'frequency'],
  [/\bconvert|\btranslate/, 'any'],

  [/\bhow many\b|\bnumber of\b|\bcount of\b/, 'count'],
  [
    /\bhow (much|expensive)\b.*\b(cost|costs|pay|charge|price|worth)\b|\bwhat does .* cost\b|\b(price|cost) of\b|\bhow expensive\b/,
    'cost',
  ],
  [/\bhow (long|much time)\b|\bduration\b|\btime does it take\b/, 'duration'],
  [/\bhow (often|frequently)\b|\bfrequency\b/, 'frequency'],
  [/\bhow much\b/, 'count'],
  [/\bhow (far|tall|high|deep|wide|heavy|old|big|large)\b/, 'measure'],
  [/\bwhy\b|\breasons?\b|\bhow come\b|\bwhat (makes|causes|caused)\b/, 'why'],
  [/\bwhat (time|date|day|year)\b|\bwhen (is|was|did|does|do|will|are|can|should)\b/, 'when'],
  [/\bwhere (can|do|should|would|could|may) (i|we|one|you)\b/, 'how'],
  [/^where\b|\bwhere (is|was|did|does|do|can|are|should)\b|\bwhat (place|location|country|city)\b/, 'where'],
  [/^who\b|\bwho (is|was|are|were|did|wrote|invented|made|created|painted|can|should)\b/, 'who'],
  [/^(is|are|do|does|did|am|will|has|have|must|can i|may i|could i)\b/, 'whether'],
  [/\bhow (do|can|could|should|to|does|may|is|are|would|might|did)\b/, 'how'],
]

/** What a question that does not say its kind must speak of, to be of this one after all. */
export const kindWords: Readonly<Record<string, readonly string[]>> = {
  count: ['amount', 'number'],
  amount: ['amount', 'ratio', 'cost', 'size'],
  cost: ['cost'],
  duration: ['length'],
  frequency: ['frequency', 'amount', 'number', 'length'],
  measure: [
    'amount',
    'length',
    'size',
    'weight',
    'height',
    'width',
    'depth',
    'distance',
    'temperature',
    'age',
  ],
  when: ['date', 'deadline', 'born', 'length', 'age'],
  where: ['city', 'country', 'find', 'address'],
  who: ['founder', 'person', 'name', 'head', 'boss', 'leader', 'author', 'owner'],
}
