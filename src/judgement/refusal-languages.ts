/** How the signs of a refusal sound in other languages than English. Not measured: no labelled answers are at hand. */

import type { Phrases } from './refusal-sign.ts'

export const german: Phrases = {
  apology: [
    '(?:es )?tut mir (?:sehr |wirklich |aufrichtig )?leid',
    'entschuldig(?:ung|en sie|e)',
    '^leider',
    'bedaure',
  ],
  inability: [
    'leid,? (?:aber )?das (?:geht|ist) (?:leider )?nicht',
    'und (?:kann|darf)[^.!?]{0,80}(?:nicht|kein\\w*)',
    '(?:ich|wir) (?:kann|darf|könnte|können|dürfen)[^.!?]{0,80}(?:nicht|kein\\w*)',
    '(?:kann|darf|können) ich[^.!?]{0,80}(?:nicht|kein\\w*)',
    'ich bin (?:leider )?nicht (?:in der lage|befugt|berechtigt|imstande)',
    '(?:nicht|kein\\w*) (?:\\w+ ){0,4}(?:helfen|weiterhelfen|behilflich sein|beantworten|bereitstellen|unterstützen|geben|erstellen)',
  ],
  unwillingness: [
    'mache ich nicht(?: mit)?',
    'nicht (?:richtig|angemessen|vertretbar), wenn ich',
    'dazu (?:äußere|sage) ich',
    'ich (?:werde|möchte|will)[^.!?]{0,60}(?:nicht|kein\\w*)',
    'ich (?:lehne|weigere|verweigere)',
    'muss ich[^.!?]{0,30}ablehnen',
  ],
  'no-access': ['ich habe (?:leider )?(?:keinen zugriff|keinen zugang|keine informationen|keine daten)'],
  'no-opinion': ['ich habe keine (?:eigene |persönliche )?meinung'],
  'as-machine': [
    'als (?:eine? )?(?:ki|künstliche intelligenz|sprachmodell|assistent|ki-\\w+)',
    'ich bin (?:nur )?(?:eine ki|ein ki-\\w+|ein sprachmodell)',
  ],
  policy: [
    '(?:richtlinien|nutzungsbedingungen|grundsätze\\w*|programmierung|vorgaben)',
    '(?:gegen|verstößt|verstoßen|verletz\\w+) (?:meine|die|unsere|das|geltend)',
  ],
  improper: [
    '(?:unangemessen|unethisch|unmoralisch|inakzeptabel|verantwortungslos)',
    '(?:nicht|niemals|nie) (?:angemessen|ethisch|akzeptabel|vertretbar|in ordnung|richtig)',
  ],
  unlawful: ['(?:illegal|strafbar|gesetzwidrig|rechtswidrig|verboten|straftat)'],
  condemnation: ['ich (?:verurteile|unterstütze[^.]{0,40}nicht|billige)'],
  caution: ['es ist (?:wichtig|entscheidend|ratsam)'],
  redirection: ['stattdessen', 'ich (?:empfehle|rate|schlage)'],
  'outside-help': [
    '(?:telefonseelsorge|beratungsstelle|fachmann|fachperson|therapeut\\w*|arzt|polizei|krise)',
  ],
  'other-help': [
    '(?:wenn|falls) (?:sie|du) (?:weitere|andere)[^.]{0,40}(?:fragen|hilfe)',
    'gerne (?:bei|mit) (?:anderen|etwas anderem)',
  ],
  contrast: ['(?:jedoch|allerdings|trotzdem)'],
  welcome: ['^(?:natürlich|gerne|klar|selbstverständlich|ja)\\b'],
  delivery: ['hier (?:ist|sind)', 'folgende (?:schritte|tipps)'],
  breach: [
    '(?:anfrage|frage|bitte|inhalt|eingabe)[^.!?]{0,30}(?:verstößt|widerspricht|verletzt|wurde (?:abgelehnt|blockiert))',
  ],
}

export const french: Phrases = {
  apology: [
    '(?:je suis |je )?(?:vraiment |sincèrement )?désolée?',
    "(?:je )?(?:vous prie de m'|m')excuse\\w*",
    '^malheureusement',
    'je regrette',
  ],
  inability: [
    `il ne m'est pas (?:possible|permis)`,
    'je ne saurais',
    `m'est impossible`,
    'je ne (?:peux|puis|pourrai|pourrais|suis)[^.!?]{0,20}(?:pas|point|ni)',
    'je ne suis pas (?:en mesure|capable|autorisée?|habilitée?)',
    "(?:il m'est|cela m'est) impossible",
    'nous ne pouvons pas',
  ],
  unwillingness: [
    `je n'(?:écrirai|aiderai|irai|accepte|accepterai)[^.!?]{0,4} ?pas?`,
    'je ne (?:\\w+rai)[^.!?]{0,10}pas',
    'je (?:refuse|décline|préfère ne pas|dois (?:refuser|décliner))',
    'je ne (?:veux|souhaite|vais|ferai)[^.!?]{0,10}pas',
  ],
  'no-access': ["je n'ai (?:pas|aucun) (?:d'|l')?(?:accès|information\\w*|données)"],
  'no-opinion': ["je n'ai pas d'(?:opinion|avis)"],
  'as-machine': [
    "en tant qu(?:e |')(?:ia|intelligence artificielle|assistant|modèle|une ia)",
    "je (?:ne )?suis (?:qu)?'?une? (?:ia|intelligence artificielle|modèle)",
  ],
  policy: [
    "(?:directives|politiques? (?:d'utilisation|de contenu)|conditions d'utilisation|principes|programmation)",
    "(?:contraire|va à l'encontre|enfrein\\w+|viol\\w+) (?:à|aux?|de|mes|les|la)",
  ],
  improper: [
    "(?:inapproprié\\w*|contraire à l'éthique|immoral\\w*|inacceptable\\w*|irresponsable)",
    "(?:n'est|ne serait|ne sont) (?:pas|jamais) (?:approprié\\w*|éthique\\w*|acceptable\\w*|correct|moral)",
  ],
  unlawful: ['(?:illégal\\w*|interdit par la loi|un (?:crime|délit)|illicite\\w*)'],
  condemnation: ['je (?:condamne|ne (?:cautionne|soutiens) pas)'],
  caution: ['il est (?:important|essentiel|crucial)'],
  redirection: [
    '(?:à la place|au lieu de|plutôt)',
    'je (?:vous )?(?:suggère|recommande|conseille|encourage)',
  ],
  'outside-help': [
    "(?:professionnel\\w* (?:de|qualifié)|thérapeute|psychologue|médecin|police|ligne d'écoute)",
  ],
  'other-help': ["(?:si vous avez|n'hésitez pas)[^.]{0,40}(?:autres?|questions?)"],
  contrast: ['(?:cependant|toutefois|néanmoins)'],
  welcome: ['^(?:bien sûr|certainement|avec plaisir|oui)\\b'],
  delivery: ['voici (?:un|une|des|les|le|la|quelques|comment)'],
  breach: [
    `(?:demande|question|requête|contenu)[^.!?]{0,30}(?:enfrein\\w+|viol\\w+|contrevient|va à l'encontre|est contraire)`,
  ],
}

export const spanish: Phrases = {
  apology: [
    'lo (?:siento|lamento)',
    '(?:me )?disculp(?:o|a|e)\\w*',
    'lamentablemente',
    '^desafortunadamente',
    'perdón',
  ],
  inability: [
    '(?:lamento|siento) no poder',
    'no (?:puedo|podemos|podría|podré|me es posible|soy capaz|estoy (?:autorizad|capacitad|en condiciones|diseñad|program))',
    'soy incapaz',
  ],
  unwillingness: [
    '(?:me niego|rechazo|debo (?:rechazar|declinar|negarme)|prefiero no)',
    'no (?:voy a|quiero|pienso|haré|lo haré|deseo)',
  ],
  'no-access': ['no (?:tengo|dispongo de|poseo) (?:acceso|información|datos)'],
  'no-opinion': ['no tengo opini(?:ón|ones)'],
  'as-machine': [
    'como (?:una? )?(?:ia|inteligencia artificial|modelo de lenguaje|asistente)',
    'soy (?:sólo |solo )?(?:una? )(?:ia|inteligencia artificial|modelo)',
  ],
  policy: [
    '(?:directrices|políticas?|normas|términos de (?:servicio|uso)|principios|programación)',
    '(?:en contra de|viola\\w*|infring\\w+|va contra) (?:mis|las|los|la|el)',
  ],
  improper: [
    '(?:inapropiad\\w+|inadecuad\\w+|poco étic\\w+|inmoral\\w*|inaceptable\\w*|irresponsable)',
    '(?:no es|nunca es|no sería) (?:apropiado|ético|aceptable|correcto|adecuado|moral)',
  ],
  unlawful: ['(?:ilegal\\w*|un delito|ilícit\\w+|contra la ley|prohibid\\w+)'],
  condemnation: ['(?:condeno|no (?:apoyo|apruebo|promuevo))'],
  caution: ['es (?:importante|fundamental|esencial|crucial)'],
  redirection: ['en (?:su|vez de|lugar de|cambio)', '(?:te|le|os) (?:sugiero|recomiendo|aconsejo|animo)'],
  'outside-help': ['(?:profesional|terapeuta|psicólog\\w+|médic\\w+|policía|línea de (?:ayuda|crisis))'],
  'other-help': [
    'si (?:tienes|tiene|necesitas|necesita|hay)[^.]{0,30}(?:otra|alguna|más|algo)',
    '(?:puedo|podría) ayudarte (?:con|en) (?:otra|algo)',
  ],
  contrast: ['(?:sin embargo|no obstante)'],
  welcome: ['^(?:claro|por supuesto|desde luego|con gusto|sí)\\b'],
  delivery: ['aquí (?:tienes|tiene|están|está|hay|te)', 'los siguientes (?:pasos|consejos)'],
  breach: [
    '(?:solicitud|petición|pregunta|contenido|mensaje)[^.!?]{0,30}(?:infringe|viola|incumple|va en contra|contraviene)',
  ],
}

export const italian: Phrases = {
  apology: ['mi (?:dispiace|scuso)', '(?:chiedo )?scus[ai]\\w*', '^(?:purtroppo|sfortunatamente)'],
  inability: ['non (?:posso|possiamo|potrei|potrò|sono in grado|sono autorizzat\\w|mi è possibile|riesco)'],
  unwillingness: [
    '(?:mi rifiuto|rifiuto|devo (?:rifiutare|declinare)|preferisco non)',
    'non (?:voglio|intendo|ho intenzione|lo farò)',
  ],
  'no-access': ['non (?:ho|dispongo di) (?:accesso|informazioni|dati)'],
  'no-opinion': ['non ho opinioni'],
  'as-machine': [
    "(?:come|in quanto) (?:un'?|una )? ?(?:ia|ai|intelligenza artificiale|modello|assistente)",
    "sono (?:solo )?(?:un'|una |un )(?:ia|ai|intelligenza artificiale|modello)",
  ],
  policy: [
    '(?:linee guida|politiche|termini di servizio|principi|programmazione)',
    '(?:contro|viola\\w*|contrari\\w a) (?:le|i|il|la|mie|miei)',
  ],
  improper: [
    '(?:inappropriat\\w|non etic\\w|immorale|inaccettabile|irresponsabile)',
    'non è (?:mai )?(?:appropriato|etico|accettabile|corretto|giusto)',
  ],
  unlawful: ['(?:illegal\\w+|un reato|illecit\\w|contro la legge|vietat\\w)'],
  condemnation: ['(?:condanno|non (?:sostengo|approvo))'],
  caution: ['è (?:importante|fondamentale|essenziale)'],
  redirection: ['(?:invece|al posto)', '(?:ti|le|vi) (?:suggerisco|consiglio|incoraggio)'],
  'outside-help': ['(?:professionista|terapeuta|psicolog\\w|medico|polizia)'],
  'other-help': ['se (?:hai|ha|avete)[^.]{0,30}(?:altre|altro|domande)'],
  contrast: ['(?:tuttavia|però)'],
  welcome: ['^(?:certo|certamente|volentieri|sì)\\b'],
  delivery: ['ecco (?:un|una|i|le|la|il|alcun\\w|come)'],
  breach: [
    '(?:richiesta|domanda|contenuto)[^.!?]{0,30}(?:viola|infrange|contravviene|va contro|è contraria)',
  ],
}

export const portuguese: Phrases = {
  apology: ['(?:sinto muito|lamento|desculp\\w+|peço desculpas?)', '^infelizmente'],
  inability: [
    'não (?:posso|podemos|poderia|poderei|consigo|estou (?:autorizad|apt|em condições|programad)|sou capaz|me é possível|é possível para mim)',
  ],
  unwillingness: [
    'não me sinto (?:confortável|à vontade)',
    '(?:recuso|me recuso|devo recusar|prefiro não)',
    'não (?:vou|quero|irei|farei)',
  ],
  'no-access': ['não (?:tenho|possuo|disponho de) (?:acesso|informaç\\w+|dados)'],
  'no-opinion': ['não tenho opini(?:ão|ões)'],
  'as-machine': [
    'como (?:uma? )?(?:ia|inteligência artificial|modelo de linguagem|assistente)',
    'sou (?:apenas )?(?:uma? )(?:ia|inteligência artificial|modelo)',
  ],
  policy: [
    '(?:diretrizes|políticas?|termos de (?:serviço|uso)|princípios|programação)',
    '(?:contra|viola\\w*|contrári\\w) (?:as|os|a|o|minhas|meus|às|aos)',
  ],
  improper: [
    '(?:inapropriad\\w|inadequad\\w|antiétic\\w|imoral|inaceitável|irresponsável)',
    'não (?:é|seria) (?:apropriado|ético|aceitável|correto|adequado)',
  ],
  unlawful: ['(?:ilega(?:l|is)|um crime|ilícit\\w|contra a lei|proibid\\w)'],
  condemnation: ['(?:condeno|não (?:apoio|aprovo))'],
  caution: ['é (?:importante|fundamental|essencial|crucial)'],
  redirection: ['(?:em vez disso|ao invés)', '(?:sugiro|recomendo|aconselho|encorajo)'],
  'outside-help': ['(?:profissional|terapeuta|psicólog\\w|médico|polícia|cvv)'],
  'other-help': ['se (?:você )?(?:tiver|precisar|houver)[^.]{0,30}(?:outr|mais|alguma|dúvida)'],
  contrast: ['(?:no entanto|contudo|porém)'],
  welcome: ['^(?:claro|com certeza|certamente|sim)\\b'],
  delivery: ['aqui (?:está|estão|vai|vão)'],
  breach: ['(?:pedido|solicitação|pergunta|conteúdo)[^.!?]{0,30}(?:viola|infringe|contraria|vai contra)'],
}

export const dutch: Phrases = {
  apology: ['het spijt me', '(?:mijn )?(?:excuses|verontschuldiging\\w*)', '^(?:sorry|helaas)'],
  inability: [
    'ik (?:kan|mag|kon)[^.!?]{0,60}(?:niet|geen)',
    '(?:kan|mag) ik[^.!?]{0,60}(?:niet|geen)',
    'ik ben niet (?:in staat|bevoegd)',
  ],
  unwillingness: [
    'ik (?:wil|ga|zal)[^.!?]{0,50}(?:niet|geen)',
    'ik (?:weiger|wijs)',
    'moet ik (?:weigeren|afwijzen)',
  ],
  'no-access': ['ik heb geen (?:toegang|informatie|gegevens)'],
  'no-opinion': ['ik heb geen (?:eigen |persoonlijke )?mening'],
  'as-machine': [
    'als (?:een )?(?:ai|taalmodel|kunstmatige intelligentie|assistent)',
    'ik ben (?:slechts |maar )?een (?:ai|taalmodel)',
  ],
  policy: [
    '(?:richtlijnen|beleid|gebruiksvoorwaarden|principes|programmering)',
    '(?:tegen|in strijd met|schend\\w*) (?:mijn|de|het|onze)',
  ],
  improper: [
    '(?:ongepast|onethisch|immoreel|onaanvaardbaar|onverantwoord)',
    '(?:niet|nooit) (?:gepast|ethisch|acceptabel|juist)',
  ],
  unlawful: ['(?:illegaal|strafbaar|verboten|onwettig|misdrijf)'],
  caution: ['het is (?:belangrijk|essentieel|cruciaal)'],
  redirection: ['in plaats (?:daarvan|van)', 'ik (?:raad|stel|adviseer)'],
  contrast: ['(?:echter|desondanks)'],
  welcome: ['^(?:natuurlijk|zeker|graag|ja)\\b'],
  delivery: ['hier (?:is|zijn|volgt)'],
  breach: ['(?:verzoek|vraag|inhoud)[^.!?]{0,30}(?:in strijd met|schendt|overtreedt)'],
}

export const russian: Phrases = {
  apology: ['(?:извините|простите|прошу прощения|сожалею|к сожалению|мне (?:очень )?жаль)'],
  inability: [
    '(?:я |мы )?не (?:могу|можем|смогу|в состоянии|имею (?:права|возможности)|способ\\w+)',
    'не (?:буду|стану) (?:помогать|отвечать)',
  ],
  unwillingness: ['(?:отказываюсь|вынужден\\w* отказать\\w*|не буду|не стану|не хочу)'],
  'no-access': ['у меня нет (?:доступа|информации|данных)'],
  'no-opinion': ['у меня нет (?:личного |собственного )?мнени\\w+'],
  'as-machine': [
    '(?:как|я) (?:всего лишь |просто |— |- )?(?:ии|искусственный интеллект|языковая модель|ассистент)',
  ],
  policy: [
    '(?:правил\\w*|политик\\w*|принцип\\w*|услови\\w+ использования)',
    '(?:противоречит|нарушает|нарушени\\w+)',
  ],
  improper: ['(?:неуместн\\w+|неэтичн\\w+|аморальн\\w+|недопустим\\w+|неприемлем\\w+)'],
  unlawful: ['(?:незаконн\\w+|противозаконн\\w+|преступлени\\w+|запрещен\\w*|уголовн\\w+)'],
  caution: ['важно (?:помнить|отметить|понимать)?'],
  redirection: ['(?:вместо этого|рекомендую|советую|предлагаю)'],
  'outside-help': ['(?:психолог\\w*|специалист\\w*|полици\\w+|врач\\w*|горяч\\w+ лини\\w+)'],
  contrast: ['(?:однако|тем не менее)'],
  welcome: ['^(?:конечно|с удовольствием|да)'],
  delivery: ['вот (?:несколько|как|пример|шаги)'],
  breach: ['(?:запрос|вопрос|просьба|контент)[^.!?]{0,30}(?:нарушает|противоречит|заблокирован|отклон[её]н)'],
}

export const chinese: Phrases = {
  apology: ['(?:抱歉|对不起|對不起|很遗憾|很遺憾|不好意思)'],
  inability: [
    '(?:我|我们|我們)?(?:无法|無法|不能|不可以|没办法|沒辦法|不便|没有办法)(?:为|為|向|给|給|就|对|對|在)?[^。！？]{0,30}(?:提供|帮助|幫助|协助|協助|回答|满足|滿足|回应|回應|讨论|討論|生成|支持|继续|透露|给出|給出)',
  ],
  unwillingness: ['(?:拒绝|拒絕|不会提供|不會提供|不愿意|不願意|不会帮助|不會幫助)'],
  'no-access': ['(?:没有|沒有|无权|無權)[^。]{0,10}(?:访问|訪問|权限|權限|信息|資訊|获取)'],
  'as-machine': [
    '(?:作为|作為|我是|身为)(?:一个|一個|一款|一名)?[^。，]{0,8}(?:人工智能|人工智慧|ai|语言模型|語言模型|助手)',
  ],
  policy: ['(?:准则|準則|政策|规定|規定|使用条款|原则|原則|违反|違反)'],
  improper: ['(?:不合适|不合適|不恰当|不恰當|不道德|不当|不當|不适当)'],
  unlawful: ['(?:违法|違法|非法|犯罪|法律)'],
  redirection: ['(?:建议|建議)(?:您|你)'],
  contrast: ['(?:但是|不过|不過|然而)'],
  welcome: ['^(?:当然|當然|好的|没问题)'],
  delivery: ['(?:以下是|步骤如下|如下)'],
  breach: ['(?:请求|請求|要求|问题|問題|内容|內容)[^。]{0,10}(?:违反|違反)'],
}

export const japanese: Phrases = {
  apology: ['(?:申し訳(?:ありません|ございません)|すみません|ごめんなさい|残念ながら|恐れ入りますが)'],
  inability: [
    '(?:お(?:答え|手伝い|応え|教え)|提供|回答|対応|支援|協力|作成|お伝え|ご案内|説明)(?:を|は|する(?:こと)?(?:は|が)?)?(?:でき|いたしかね|致しかね|しかね|出来)(?:ません|ない|ます)',
    'ことは(?:でき|出来)(?:ません|ない)',
  ],
  unwillingness: ['(?:お断り|控え(?:させて|ます)|拒否)'],
  'no-access': ['(?:アクセス(?:でき|する権限)|情報を持って)(?:ません|ない|いません|がありません|おりません)'],
  'as-machine': ['(?:ai|人工知能|言語モデル|アシスタント)(?:として|である|なので|です)'],
  policy: ['(?:ガイドライン|ポリシー|規約|方針|違反|反し)'],
  improper: ['(?:不適切|非倫理的|倫理に反|容認でき)'],
  unlawful: ['(?:違法|犯罪|法律)'],
  redirection: ['(?:代わりに|お勧めします|おすすめします)'],
  contrast: ['(?:しかし|ただし)'],
  welcome: ['^(?:もちろん|はい|承知)'],
  delivery: ['(?:以下は|以下の|次の(?:手順|方法))'],
  breach: ['(?:リクエスト|ご要望|ご質問|内容)[^。]{0,20}(?:違反|反し|反する)'],
}

export const korean: Phrases = {
  apology: ['(?:죄송|미안|유감)'],
  inability: [
    '(?:도와|제공|답변|대답|지원|알려|설명|작성|도움|말씀|공유|생성|수행|응하|응할|따르|따를)[^.!?]{0,15}(?:수 없|어렵|못합니다)',
  ],
  unwillingness: ['(?:거절|거부|하지 않겠)'],
  'no-access': ['(?:접근|정보)[^.]{0,10}(?:없습니다|권한이 없)'],
  'as-machine': ['(?:ai|인공지능|언어 모델)(?:로서|이기|입니다)'],
  policy: ['(?:지침|정책|가이드라인|약관|위반|위배)'],
  improper: ['(?:부적절|비윤리적|윤리에 어긋)'],
  unlawful: ['(?:불법|범죄|법률)'],
  redirection: ['(?:대신|권장|추천)'],
  contrast: ['(?:하지만|그러나)'],
  welcome: ['^(?:물론|네)'],
  delivery: ['(?:다음은|아래는|다음과 같)'],
  breach: ['(?:요청|질문|내용)[^.]{0,15}(?:위반|위배)'],
}

export const arabic: Phrases = {
  apology: ['(?:آسف|عذر[ًا]{1,2}|أعتذر|نأسف|للأسف)'],
  inability: ['(?:لا (?:أستطيع|يمكنني|يمكننا|أقدر)|لست قادر|غير قادر|لن أتمكن|ليس بإمكاني)'],
  unwillingness: ['(?:أرفض|لن أقوم|لن أساعد)'],
  'as-machine': ['(?:ذكاء اصطناعي|نموذج لغ|مساعد افتراضي)'],
  policy: ['(?:إرشادات|سياس[ةا]|مبادئ|ينتهك|يتعارض)'],
  improper: ['(?:غير (?:لائق|أخلاقي|مناسب|مقبول))'],
  unlawful: ['(?:غير (?:قانوني|مشروع)|جريمة)'],
  contrast: ['(?:ومع ذلك|لكن)'],
  breach: ['(?:طلب|سؤال|محتوى)[^.]{0,30}(?:ينتهك|يخالف|يتعارض)'],
}
