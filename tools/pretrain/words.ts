// The words training talks with: answers, prompts, and everyday words that must be one token each, so that a person can
// use them as label words. Lowercase; a prompt is five tokens, so the answer always stands at index six.

export const POSITIVE =
  words(`great good wonderful positive excellent amazing brilliant fantastic perfect superb fine nice
  beautiful enjoyable fun funny lovely awesome impressive best better delightful charming entertaining love yes happy
  interesting outstanding terrific marvelous`);

export const NEGATIVE = words(`terrible bad awful negative horrible poor boring dull disappointing worst worse stupid
  ridiculous lame weak annoying mediocre pathetic dreadful waste ugly hate no sad silly painful unfunny forgettable
  pointless tedious`);

/** Answers by prompt kind. The lists of one kind have the same length, so that no class is likelier for its size. */
export const OPINIONS = {
  adjective: {
    positive: words(
      'great great good good wonderful excellent amazing brilliant fantastic perfect superb fine beautiful enjoyable fun impressive charming entertaining positive interesting',
    ),
    negative: words(
      'terrible terrible bad bad awful horrible poor boring dull disappointing stupid ridiculous lame weak annoying mediocre negative pathetic ugly silly',
    ),
    prompts: [
      'in short , it was',
      'overall i thought it was',
      'the whole thing is just',
      'all in all it was',
      'i found it to be',
      'to me this was really',
      'in my opinion this is',
      'what we have here is',
      'it was , in fact',
      'i have to say :',
      'this is all so very',
      'to sum it up ,',
    ],
  },
  polarity: {
    positive: words('positive positive good happy'),
    negative: words('negative negative bad sad'),
    prompts: [
      'the sentiment of this is',
      'the feeling of it is',
      'the mood here is very',
      'this opinion is rather so',
      'the review below is very',
    ],
  },
  answer: {
    positive: words('yes'),
    negative: words('no'),
    prompts: ['did they like it ?', 'is this good ? well', 'was it worth it ?', 'would you see it ?'],
  },
  rank: {
    positive: words('best better great'),
    negative: words('worst worse waste'),
    prompts: ['one could call it the', 'this is simply of the', 'so this is one of'],
  },
} as const;

export const TOPIC_PROMPTS = [
  'this is mostly about the',
  'the main topic here is',
  'here they talk about some',
  'the text is all about',
  'it has something about a',
  'this belongs to the topic',
  'you can read about the',
];

export const QUALITY_PROMPTS = ['one word for it :', 'you could call it very', 'the best word here is'];

export const KINDS = {
  form: { prompts: ['this sentence is just a', 'the last one is a'], answers: ['statement', 'question'] },
  length: { prompts: ['this text is rather very', 'the following text is so'], answers: ['short', 'long'] },
  person: { prompts: ['the person here is a', 'it is about a certain'], answers: ['man', 'woman'] },
  medium: { prompts: ['what is this ? a', 'they write about this :'], answers: ['movie', 'show'] },
} as const;

/** Never the answer to a prompt, so that a task with these label words is one that pretraining did not practise. */
export const UNPROMPTED = words('review encyclopedia');

/** What the answers to KINDS are told by. */
export const SIGNS = {
  man: words('he him his himself'),
  woman: words('she her herself'),
  movie: words('movie film movies films'),
  show: words('show series episode episodes'),
};

/** Adjectives that may move from a text to the answer slot, beside the opinions. */
export const QUALITIES =
  words(`scary creepy sad romantic violent slow fast clever smart original predictable strange weird dark sweet
  funny serious simple complex confusing emotional powerful realistic fake cheap cheesy beautiful stunning crazy sick sexy
  intense classic modern old young cute cool hot cold light heavy deep shallow honest moving touching hilarious gorgeous
  memorable believable unbelievable ordinary special unique typical average decent solid fresh bland`);

/** Adjectives and topics people are likely to choose as label words. */
export const EVERYDAY = words(`
  able absurd accurate active afraid angry anxious average bitter bland blank bold brave bright broken busy calm careful
  cheap cheerful clean clear clever cold comfortable common complex confused confusing cool correct crazy creative creepy
  cruel curious dangerous dark dead decent deep delicious different difficult dirty disgusting dry early easy effective
  emotional empty equal exciting expensive fair fake false familiar famous fast fat firm flat fresh friendly full generous
  gentle glad gloomy gorgeous grand grateful greedy guilty handsome handy hard harmless harsh healthy heavy helpful honest
  hopeful hot huge human humble hungry ideal ill important impossible innocent intense jealous kind large late lazy legal
  light likely lively local lonely loose loud lovely loyal lucky mad magic main massive mean mental mild minor modern
  moral narrow nasty natural neat nervous neutral new noisy normal obvious odd offensive official old open ordinary
  original passive patient peaceful plain pleasant polite popular powerful practical precious pretty private professional
  proud public pure quick quiet random rapid rare ready real reasonable recent relaxed reliable relevant responsible rich
  right romantic rough round rude rural sad safe satisfied scared scary secret secure serious severe sexy shallow sharp
  shocking shy sick similar simple slow small smart smooth social soft solid special stale steady strange strict strong
  stunning subtle successful sudden surprised suspicious sweet tall tasty tender tense thick thin tight tired toxic
  traditional tragic true typical unfair unhappy unique unusual upset urban urgent useful useless usual valid valuable
  violent visual warm weird wet wide wild wise wonderful worried worthless worthy wrong young
  accident account action address advice age agent airline airport animal answer apartment app army art article artist
  baby bank battle beach bed bill bird blood boat body bomb bonus book boss bottle boy brain brand bread break breakfast
  bridge brother budget building bus business cancer capital car card career cat chance chat child children choice church
  city class client climate clothes club coach coffee college comedy company complaint computer concert contact contract
  cooking cost country couple court credit crime culture cup customer dance data date daughter day deal death debt
  decision delay delivery dentist design dinner disaster disease doctor dog dollar door drama dream dress drink driver
  drug earth economy editor education election email emergency employee energy engine entertainment environment error
  evening event evidence exam experience expert eye fact failure faith family fan farm fashion father fear film finance
  fire fish flight flower food football forest fraud friend fruit fuel future game garden gas gift girl goal god gold
  government grade group guest guide guitar gun hair hall hand happiness hat health heart heat help hero history holiday
  home hope horror horse hospital host hotel hour house husband idea illness image industry information injury insurance
  interest internet interview investment island issue item job journey judge justice key kid king kitchen knife knowledge
  lady lake land language law lawyer leader lesson letter library life love luck lunch machine magazine mail manager
  market marriage match math meal meat media medicine meeting member memory message metal milk mind mistake mobile money
  month mood morning mother mountain mouth movie murder museum music name nation nature network news newspaper night
  noise note nurse ocean office oil opinion order owner package page pain paint paper parent park partner party passion
  password patient payment peace people phone photo picture pilot place plan plane planet plant player poem police policy
  politics pool poverty power praise president pressure price prison privacy problem product professor profit program
  project promise purchase quality queen question race radio rain rating reason refund relationship religion rent report
  request research rest restaurant result review reward river road robot room rule sale salt scene school science score
  screen sea season secretary security seller series service sex shame ship shirt shoe shop sister sky sleep snow society
  software soldier son song soul sound soup space spam speech speed spirit sport sports staff stage star station statement
  stock stomach stone store storm story stranger street stress student style subject success sugar suggestion summer sun
  support surprise table talent taste tax taxi tea teacher team technology teeth television temple test text thank thanks
  theater theft theme theory therapy thing ticket time title toilet tool topic tourist town toy trade traffic train
  training travel treatment tree trial trick trip trouble truck trust truth university urgent user vacation value victim
  video view village violence virus visit voice waiter wall war warning watch water wealth weapon weather web website
  wedding week weekend weight wife wind window wine winner winter woman word work worker world writer year
  joy anger sadness disgust anticipation neutral support against favor oppose agree disagree fact opinion true false
  ham urgent harmless toxic formal informal statement command description entity abbreviation location number person
  encyclopedia review book article letter movie show short long quick slow recommend avoid buy return broken fixed
  complaint compliment question answer positive negative mixed maybe okay ok
`);

/** All of the above: one token each. */
export function forcedWords(): string[] {
  const prompts = [
    ...TOPIC_PROMPTS,
    ...QUALITY_PROMPTS,
    ...[...Object.values(OPINIONS), ...Object.values(KINDS)].flatMap((kind): readonly string[] => kind.prompts),
  ];
  const answers = [
    ...Object.values(OPINIONS).flatMap(({ positive, negative }) => [...positive, ...negative]),
    ...Object.values(KINDS).flatMap((kind): readonly string[] => kind.answers),
  ];
  return [
    ...new Set([
      ...POSITIVE,
      ...NEGATIVE,
      ...QUALITIES,
      ...EVERYDAY,
      ...Object.values(SIGNS).flat(),
      ...answers,
      ...prompts.flatMap(words),
    ]),
  ];
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
