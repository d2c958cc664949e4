/** English words that can stand for each other in a question, and forms of words that no rule derives. */

const lines = (text: string): readonly (readonly string[])[] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))

/** A word may be in several lines: it can stand for the others of each. Base forms; see `rootOf` for the others. */
export const interchangeable = lines(`
  abandon drop quit
  able capable
  accelerate hasten quicken speed
  accept take
  accident crash collision
  account profile
  accurate exact precise correct
  achieve reach attain accomplish
  acquire obtain get gain
  add append include put insert
  address location
  adjust adapt tweak change
  adult grown-up
  advice recommendation tip guidance suggestion
  afford pay
  aid help assist support
  aim goal purpose objective target
  airplane plane aircraft
  alarm alert
  allergy intolerance
  alternative option substitute replacement
  amend correct change edit
  animal creature
  annoy bother irritate
  annul cancel void
  answer reply response respond
  appear show emerge
  appoint name designate
  appointment meeting booking
  argue quarrel dispute
  arrange organise organize order plan
  arrest detain
  ask request query
  assemble build construct put-together
  assess evaluate rate judge grade
  attach enclose add
  attempt try
  attend visit go join
  author writer wrote write pen
  authorise authorize permit allow
  automobile car vehicle auto
  baby infant newborn
  bag luggage baggage suitcase
  balance remainder
  bandage dress
  bathroom toilet restroom
  battle fight
  beat defeat win
  beautiful pretty
  become turn-into be
  begin start commence
  beverage drink
  bike bicycle cycle
  bill invoice
  bin trash garbage
  block stop ban bar
  boat ship vessel
  book reserve reservation booking
  boss manager supervisor head leader
  bother disturb
  bottom base foot
  brand make
  break snap crack fracture
  brief short concise
  bring carry take
  broken defective faulty damaged dead
  browse surf
  build construct make assemble
  building house structure
  bump hit collide
  burn consume use
  business company firm enterprise
  calculate compute work-out determine
  call phone ring telephone dial
  camera webcam
  cancel end terminate call-off
  car-park parking
  cash money
  cat kitten feline
  catch trap capture
  cause reason trigger lead
  certain sure
  certificate diploma
  chairman chair president head
  chance odds probability likelihood
  change alter modify switch
  chat talk
  cheap inexpensive affordable low-cost
  check verify inspect examine test
  choose select pick decide
  chop cut dice
  city town
  claim demand
  class lesson course
  clean wash cleanse scrub
  clear empty
  clever smart intelligent
  client customer
  climate weather
  close shut
  cloth fabric textile
  clothes clothing garments apparel
  coach trainer manager train
  cold chilly
  colleague coworker co-worker
  collect gather
  colour color hue shade
  combine merge join unite
  come arrive
  comfortable comfy
  command instruction
  compare differ difference contrast
  compensate reimburse
  competent qualified
  complain complaint
  complete finish fill-in
  complicated complex difficult
  component part piece
  compose write
  compress zip shrink
  comprise include contain consist
  computer pc machine
  conceal hide
  condition state
  conference meeting
  configure set-up adjust
  confirm verify
  connect link attach join
  consequence result effect outcome
  consider regard
  consume eat drink use
  contact reach
  contagious infectious
  contain hold include have
  content ingredient
  contract agreement
  convert turn change transform
  cook prepare make
  copy duplicate clone
  correct right fix
  cost price charge expense expensive
  couch sofa
  country nation state
  course class training
  cover hide
  create make produce generate
  crime offence offense
  critical crucial vital essential
  crop trim
  cultivate grow
  cure heal treat remedy
  currency money
  current present
  custom tradition
  cut slice chop trim
  daily every-day
  damage harm hurt ruin
  danger risk hazard
  dark dim
  dead deceased
  deadline due
  deal offer bargain
  debate discuss
  debt loan
  decide choose determine
  decline reject refuse
  decorate adorn
  decrease reduce lower cut
  defect fault flaw bug
  defend protect
  define meaning mean definition
  delay postpone
  delete remove erase
  deliver ship bring
  demand require
  demonstrate show
  departure leave
  deposit pay-in
  describe explain
  desert abandon
  design create
  desire want wish
  destroy ruin demolish
  detect find discover notice recognise recognize spot
  develop build create
  device gadget appliance
  diet food eat
  dirt stain soil
  disappear vanish
  discover find
  discuss talk
  disease illness sickness
  dish meal
  dispose discard remove trash
  distance far
  distribute spread
  divide split
  dog puppy canine
  dose dosage amount quantity
  draw sketch
  drug medicine medication
  dry drain
  duplicate copy
  duration long length time
  duty obligation
  earn make
  earth world globe
  early first initial
  easy simple straightforward
  eat consume feed diet
  edge border
  edit change modify
  educate teach
  effect impact influence
  effort work
  elect vote choose
  electricity power
  email mail e-mail
  emergency urgent
  employ hire recruit
  employee worker staff
  encounter meet face
  encrypt protect
  end finish conclude stop
  engine motor
  enjoy like
  enlarge increase expand
  enough sufficient
  enrol enroll register sign-up join
  ensure guarantee make-sure
  enter get-into go-into
  entire whole
  entrance entry
  equal same
  equipment gear
  erase delete wipe
  error mistake fault bug problem
  essential necessary vital
  establish found set-up
  estimate guess
  evaluate assess
  examine check inspect
  example sample instance
  exam test examination
  exceed surpass
  exchange swap trade change
  exclude omit leave-out
  execute run
  exercise workout train
  exhausted tired
  exist be
  exit leave quit
  expand enlarge extend
  expect anticipate
  expense cost
  expire end run-out
  explain describe clarify
  explode blow-up
  extend prolong lengthen
  extinguish put-out
  extra additional more
  fabric material
  factory plant
  fail flunk
  fair just
  fall drop
  false wrong untrue
  famous known popular
  farm agriculture
  fat grease
  fault defect
  fear afraid
  feed eat
  feel sense
  fee charge cost
  fever temperature
  field area
  fight combat
  fill-in complete
  film movie
  final last
  find locate
  fine penalty
  finish complete end
  fire blaze
  firm company
  fit suit
  fix repair mend
  flat apartment
  flaw defect
  flight fly flying
  floor storey
  flu influenza
  fluid liquid
  folder directory
  follow obey
  food diet
  forbid prohibit ban
  foreign abroad
  forest wood
  forget lose
  form document
  found establish create
  free complimentary
  freeze lock block suspend
  frequent often regular
  fridge refrigerator
  friend pal
  fruit produce
  fry sear
  fuel petrol gas gasoline
  full complete
  function work operate
  fund finance
  furniture furnishing
  gain profit
  game match play
  garbage rubbish waste trash
  gender sex
  general common
  gift present
  give hand provide
  glue stick
  goal aim
  good fine
  goods merchandise
  govern rule
  grab capture take
  grade mark score
  grant award give
  grass lawn
  grave tomb
  ground soil earth
  group team
  grow raise cultivate
  guard protect
  guest visitor
  guide manual
  habit custom
  halt stop
  handle manage
  happen occur take-place
  harm damage hurt
  hate dislike
  have possess own
  head lead leader boss
  heal cure
  health fitness
  hear listen
  heat warm
  heavy weigh weight
  help assist aid
  high tall
  highway motorway
  hire employ
  hire rent
  hit strike
  hold keep
  holiday vacation
  home house
  hurry rush
  hurt ache pain
  idea thought
  identify recognise recognize
  ill sick unwell
  illness disease condition
  image picture photo
  imagine suppose
  important significant
  improve enhance better
  include contain
  income earnings salary
  increase raise grow
  indicate show sign
  infant baby
  inform notify
  ingredient contain
  inhabit live
  inhabitant resident population people
  injure hurt
  inquire ask
  insert put add
  inspect check
  instance example
  instead rather
  instruct teach
  insure insurance cover
  interior inside
  internet web online
  invent create
  invest put
  investigate examine
  invite ask
  job occupation profession work
  join connect
  join enter
  journey trip travel
  keep retain store
  kid child
  kill murder
  kind type sort
  knife blade
  label tag
  lack absence missing
  lamp light
  language tongue
  laptop notebook
  large big
  last endure keep
  late delayed
  launch start
  law legislation legal
  lawyer attorney
  lead manage run
  leak drip
  learn study
  lease rent
  leave exit
  length long
  lessen reduce
  lesson class
  let allow
  let rent
  letter mail
  level height
  licence license permit
  lift raise
  limit maximum cap
  link connect
  list show
  live reside
  loan credit
  location place
  lock secure
  log record
  look view see
  lose misplace
  lot plenty
  loud noisy
  low small
  lucky fortunate
  machine device
  mad angry
  mail post
  main primary chief
  maintain keep
  major main
  make create
  manage run handle
  manager boss
  manual instruction
  map chart
  mark grade
  market bazaar
  marry wed
  match game
  material stuff
  maximum highest limit largest most
  meal food
  meaning mean definition define stand
  measure gauge
  medicine drug
  meet encounter
  melt liquefy
  member participant
  mend repair
  merge combine
  message text
  method way
  middle centre center
  minimum least lowest
  miss lack
  missing lost gone
  mistake error
  mix blend stir
  mobile cell
  modern new
  modify change
  monitor watch
  mould mold
  mount install
  move shift
  name call title
  nation country
  near close
  necessary need require
  need require
  network net
  new recent
  next following
  noise sound
  normal usual
  note memo
  notice see
  number amount
  object thing
  observe watch
  obtain get
  obvious clear
  occupation job
  occur happen
  odour odor smell scent
  offer provide
  office bureau
  official formal
  often frequent
  old aged
  open start
  operate run work
  opinion view
  opportunity chance
  option choice
  order purchase buy
  organisation organization
  origin source come
  outcome result
  outside exterior
  overcome beat
  overview summary
  own possess
  owner proprietor
  pack package
  package parcel
  pain ache hurt sore
  paint colour
  parent mother father
  park garden
  part piece
  participate join
  passage path
  passenger traveller
  password code
  path way route
  pause stop
  pay settle
  payment pay
  peel skin
  people person population
  perform do
  permit licence
  permit allow
  person human
  phone telephone
  photo picture
  place put
  plan scheme
  plant sow
  play game
  pleasant nice
  plot story
  poison toxin
  poor needy
  popular common
  population inhabitant
  port harbour
  position job
  possible can
  post publish
  pound hit
  power energy
  practice exercise
  precise exact
  predict forecast
  prefer favour
  pregnant expecting
  prepare make
  preserve keep
  president head
  press push
  prevent stop avoid
  price cost
  print output
  prison jail
  prize award
  probability chance
  problem issue trouble
  procedure process
  produce make
  product item
  profession job career
  program programme software
  prohibit ban
  project plan
  promise pledge
  proof evidence
  proper correct
  property estate
  protect guard secure
  prove show
  provide supply give offer
  publish release issue print
  pull drag
  punish penalise
  pupil student
  purchase buy
  purpose goal
  put place set
  qualify eligible
  quality standard
  quantity amount
  quarrel argue
  question query
  quick fast
  quit leave
  rain rainfall
  raise increase
  range span
  rapid fast
  rare scarce
  rate speed
  reach get
  read peruse
  real actual
  reason cause
  receive get
  recipe cook
  recognise identify
  recommend suggest advise
  recover restore
  recycle reuse
  reduce lower
  refresh renew
  refund reimburse return
  refuse decline
  region area
  register sign-up
  regular frequent
  reject refuse
  relationship relation
  release publish
  relieve ease
  remain stay
  remedy cure help treatment
  remember recall
  remove delete eliminate
  renew extend
  repair fix
  repeat redo
  replace change swap exchange
  reply answer
  report tell
  request ask apply
  rescue save
  research study
  reset restart
  resign quit
  resolve fix
  respect honour
  rest relax
  restaurant diner
  restrict limit
  retain keep
  retire pension
  return give-back
  revenue income
  reverse invert
  revert undo
  review check
  revise edit
  reward prize
  rich wealthy
  right correct
  ripe mature
  rise increase
  risk danger
  river stream
  road street
  roast bake
  rob steal
  rock stone
  role part
  room space
  rotate turn
  route way
  row line
  rubbish garbage
  rug carpet
  ruin destroy
  rule law regulation
  run operate
  run jog
  sack fire
  safe secure
  salary wage pay earn
  sample example
  satisfy please
  save store keep
  scan read
  scare frighten
  scent smell
  schedule plan
  school academy
  score point
  screen display
  search look find
  seat chair
  secure protect
  seek search
  select choose
  send mail
  separate split
  serious severe
  serve work
  set put
  set-up configure install
  shake vibrate
  shape form
  share split
  ship send
  shirt top
  shop store
  shore coast
  short brief
  show display present view
  shrink reduce
  sick ill
  sight view
  sign symptom
  signal sign
  silent quiet
  simple easy plain
  situation condition
  size dimension
  skill ability
  sleep rest
  slice cut
  slim thin
  slow lag
  small little
  smell odour
  smooth even
  soak steep
  soft tender
  software program
  soil earth
  solve resolve
  soon early
  soon fast quick
  sore pain
  sort order rank
  source origin
  speak talk
  special particular
  speech talk
  speed fast rate
  spell write
  spend use
  spirit soul
  spoil rot
  spot stain
  square plaza
  stain mark
  stairs steps
  stamp seal
  start begin
  start boot
  state country
  steal rob theft thief
  stop prevent end halt
  store keep
  storm gale
  story tale
  strange odd weird
  strength power
  stretch extend
  string text
  strong powerful
  stupid dumb
  subject topic
  submit hand-in send
  substitute replace
  succeed success
  sudden abrupt
  suffer have
  suggest recommend
  sum total
  supervise manage
  supply provide
  support help
  suppose assume
  surface top
  surgery operation
  surprise amaze
  suspect doubt
  swap exchange
  sweat perspire
  sweet sugary
  swell grow
  switch change
  symbol sign
  system method
  tablet pill
  target aim
  task job
  taste flavour
  tax duty
  teach instruct educate
  team crew squad
  tear rip
  technique method
  tell say
  temporary short-term
  tenant renter
  terrible awful
  test check
  thank appreciate
  theft steal
  thick dense
  think believe
  throw toss
  ticket pass
  tidy clean
  tie bind
  time duration
  tiny small
  title name
  tool instrument
  touch contact
  tough hard
  tour trip
  tourist traveller visitor
  toxic poisonous
  track follow
  trade exchange
  train teach
  training course
  transfer move send wire
  translate interpret
  transmit send
  transport carry
  travel go trip visit journey
  treat cure
  tree plant
  trial test
  trip journey
  trouble problem
  true right
  trust believe
  turn-on start power-on boot
  type kind
  ugly hideous
  understand grasp
  upload put copy
  use apply
  useful helpful
  value worth
  vehicle car
  version edition
  vessel ship
  victory win
  view see show look
  visible seen
  visit go
  vital essential
  voice speech
  volume loudness
  vomit throw-up
  vote elect
  wage pay
  wait delay
  walk stroll
  wall barrier
  want wish
  war conflict
  warn alert
  warning sign
  wash clean bath bathe
  waste garbage
  watch view
  water irrigate
  weak feeble
  wear put-on
  web internet
  website site
  wedding marriage
  weigh weight
  wet damp
  wide broad
  wife spouse
  wild natural
  wipe clean
  wire cable
  wonder ask
  wood timber
  word term
  worker employee
  world earth
  worry concern
  wound injury
  wrap cover
  wrong incorrect
  yard garden
  young juvenile
  zip compress
`)

/** What no ending tells: other forms, the base form first. */
export const irregular = lines(`
  be am is are was were been being
  become became
  begin began begun
  bite bit bitten
  blow blew blown
  break broke broken
  bring brought
  build built
  burn burnt
  buy bought
  catch caught
  child children
  choose chose chosen choice
  come came
  cost costs
  cut cutting
  deal dealt
  deep depth
  die dead death dying died dies
  do did done does
  draw drew drawn
  drink drank drunk
  drive drove driven
  eat ate eaten
  fall fell fallen
  far further farther furthest
  feed fed
  feel felt
  fight fought
  find found
  fly flew flown flight flies
  foot feet
  forget forgot forgotten
  freeze froze frozen
  get got gotten
  give gave given gift
  go went gone goes
  good better best well
  grow grew grown growth
  hear heard
  heat hot
  hide hid hidden
  high height
  hold held
  keep kept
  know knew known knowledge
  lay laid
  lead led
  learn learnt
  leave left leaving
  lend lent
  lie lay lain
  live life lives
  long length
  lose lost loss losing
  make made
  man men
  mean meant
  meet met
  mouse mice
  pay paid
  person people
  proof prove proven
  publish publication
  put putting
  read reading
  rise rose risen
  run ran running
  sad sadness
  say said
  see saw seen
  sell sold sale sales
  send sent
  set setting
  shake shook shaken
  show shown
  shrink shrank shrunk
  shut shutting
  sing sang sung song
  sit sat
  sleep slept asleep
  speak spoke spoken speech
  speed sped
  spend spent
  stand stood
  steal stole stolen theft
  stick stuck
  strong strength
  swim swam swum
  take took taken
  teach taught
  tell told
  think thought
  throw threw thrown
  tooth teeth
  true truth
  understand understood
  wake woke woken
  warm warmth
  wear wore worn
  weigh weight
  wide width
  win won
  woman women
  write wrote written
`)
