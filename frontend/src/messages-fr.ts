const plural = (count: number, one: string, many: string) => `${count} ${count > 1 ? many : one}`;

const articles = (count: number) => plural(count, 'article', 'articles');

/** The texts of a form's field: its name, how to fill it in, and its errors. */
interface FieldWords {
  label: string;
  hint?: string;
  invalid: string;
  taken?: string;
}

type FieldName =
  | 'first_name'
  | 'last_name'
  | 'email'
  | 'username'
  | 'password'
  | 'name'
  | 'slug'
  | 'image'
  | 'price';

const fields: Record<FieldName, FieldWords> = {
  first_name: { label: 'Prénom', invalid: 'Indiquez votre prénom, en 100 caractères au plus.' },
  last_name: { label: 'Nom', invalid: 'Indiquez votre nom, en 100 caractères au plus.' },
  email: {
    label: 'Adresse électronique',
    invalid: 'Indiquez une adresse complète, par exemple nom@exemple.fr.',
    taken: 'Un compte existe déjà avec cette adresse.',
  },
  username: {
    label: 'Identifiant',
    hint: 'De 3 à 32 lettres sans accent, chiffres, points ou tirets.',
    invalid: 'Choisissez de 3 à 32 lettres sans accent, chiffres, points ou tirets.',
    taken: 'Cet identifiant est déjà pris.',
  },
  password: {
    label: 'Mot de passe',
    hint: 'Au moins 8 caractères.',
    invalid: 'Choisissez au moins 8 caractères, sans dépasser 72 (un peu moins avec des accents).',
  },
  name: {
    label: 'Nom',
    invalid: 'Indiquez un nom, en 120 caractères au plus.',
    taken: 'Un autre produit porte ce nom.',
  },
  slug: {
    label: 'Adresse de la page',
    hint: 'Minuscules, chiffres et tirets, par exemple lampe-de-bureau.',
    invalid: 'Utilisez des minuscules sans accent, des chiffres et des tirets, avec au moins une lettre.',
    taken: 'Un autre produit a cette adresse.',
  },
  image: {
    label: 'Dessin',
    hint: 'Nom d’un fichier, par exemple laptop-pro.svg.',
    invalid: 'Indiquez un nom de fichier, par exemple laptop-pro.svg.',
  },
  price: {
    label: 'Prix, en dollars',
    invalid: 'Indiquez un prix en dollars entiers, de 0 à 10 000 000.',
  },
};

/** All texts of the shop in French; `messages-en.ts` has the same shape. Unbreakable spaces precede : ; ! and ?. */
export const fr = {
  skip: 'Aller au contenu',
  nav: {
    label: 'Navigation principale',
    shop: 'La boutique',
    cart: 'Panier',
    orders: 'Mes commandes',
    admin: 'Gestion',
    login: 'Se connecter',
    register: 'Créer un compte',
    logout: 'Se déconnecter',
    hello: (name: string) => `Bonjour ${name}`,
    languages: 'Langue',
  },
  footer: {
    about: 'Vitrine est une boutique de démonstration : rien n’y est facturé ni livré.',
    traceLabel: 'Radiographie',
    served: (ms: string) => `page préparée en ${ms} ms`,
    trace: 'trace',
    seeTrace: 'voir la trace',
    seeLogs: 'voir les journaux',
  },
  home: {
    title: 'La boutique',
    heading: 'De bons objets, pour le travail et pour le plaisir',
    intro:
      'Entrez, regardez de près, prenez votre temps : tout ce qui est en vitrine peut rejoindre votre panier.',
    products: 'En vitrine',
    empty: 'La vitrine est vide pour le moment. Revenez bientôt !',
    pages: 'Pages de la vitrine',
    previous: 'Page précédente',
    next: 'Page suivante',
  },
  product: {
    drawing: (name: string) => `Dessin : ${name}`,
    quantity: 'Quantité',
    add: 'Ajouter au panier',
    loginFirst: 'Il vous sera demandé de vous connecter, puis vous reviendrez ici.',
    badQuantity: 'Choisissez un nombre entier de 1 à 99 (999 au plus par article).',
    back: 'Toute la boutique',
  },
  cart: {
    title: 'Votre panier',
    empty: 'Votre panier est vide.',
    browse: 'Faire un tour dans la boutique',
    articles,
    price: 'Prix',
    quantity: 'Quantité',
    quantityOf: (name: string) => `Quantité : ${name}`,
    lineTotal: 'Total',
    update: 'Modifier',
    updateOf: (name: string) => `Modifier la quantité : ${name}`,
    remove: 'Retirer',
    removeOf: (name: string) => `Retirer : ${name}`,
    total: 'Total',
    unavailable: 'Cet article n’est plus vendu : retirez-le pour pouvoir commander.',
    checkout: 'Commander',
    blocked: 'Retirez ce qui n’est plus vendu pour pouvoir commander.',
  },
  thanks: {
    title: 'Merci !',
    heading: 'Merci pour votre commande !',
    order: (id: number) => `Commande n° ${id}`,
    total: 'Total',
    trace: 'Trace de votre commande',
    seeTrace: 'Voir son parcours, étape par étape',
    orders: 'Voir mes commandes',
    more: 'Retourner à la boutique',
  },
  orders: {
    title: 'Vos commandes',
    empty: 'Vous n’avez pas encore passé de commande.',
    order: (id: number) => `Commande n° ${id}`,
    on: (date: string) => `passée le ${date}`,
    older: 'Commandes plus anciennes',
    newest: 'Commandes les plus récentes',
    none: 'Aucune commande plus ancienne.',
  },
  login: {
    title: 'Se connecter',
    submit: 'Se connecter',
    username: 'Indiquez votre identifiant.',
    password: 'Indiquez votre mot de passe.',
    wrong: 'Identifiant ou mot de passe incorrect.',
    tooMany: 'Trop d’essais manqués pour cet identifiant. Réessayez dans quelques minutes.',
    noAccount: 'Pas encore de compte ?',
  },
  register: {
    title: 'Créer un compte',
    submit: 'Créer mon compte',
    hasAccount: 'Vous avez déjà un compte ?',
  },
  form: {
    toCorrect: (count: number) => `Il reste ${plural(count, 'point', 'points')} à corriger :`,
  },
  fields,
  admin: {
    title: 'Gestion de la boutique',
    products: 'Produits',
    newProduct: 'Ajouter un produit',
    editProduct: (name: string) => `Modifier : ${name}`,
    deleteProduct: (name: string) => `Supprimer : ${name} ?`,
    edit: 'Modifier',
    delete: 'Supprimer',
    save: 'Enregistrer',
    add: 'Ajouter',
    cancel: 'Annuler',
    actions: 'Actions',
    deleteWarning:
      'Le produit disparaîtra de la vitrine et ne pourra plus être commandé. Les commandes passées le gardent.',
    orders: 'Dernières commandes',
    order: 'Commande',
    customer: 'Client',
    customerId: (id: number) => `n° ${id}`,
    date: 'Date',
    state: 'État',
    open: 'panier en cours',
    done: 'commandée',
    articles: 'Articles',
    noOrders: 'Aucune commande.',
    users: 'Comptes',
    fullName: 'Nom',
    role: 'Rôle',
    administrator: 'administration',
    customerRole: 'client',
    more: 'Suite',
    first: 'Début de la liste',
    away: 'Cette partie ne répond pas pour le moment. Les autres restent utilisables.',
  },
  notices: {
    added: (quantity: number) =>
      quantity > 1 ? `${articles(quantity)} ajoutés à votre panier.` : 'Ajouté à votre panier.',
    seeCart: 'Voir le panier',
    updated: 'Votre panier est à jour.',
    removed: 'L’article a été retiré de votre panier.',
    gone: 'Cet article n’est plus dans votre panier.',
    emptyCart: 'Votre panier est vide : il n’y a rien à commander.',
    cartChanged:
      'Votre panier ou ses prix ont changé. Rien n’a été commandé : voici ce qu’il contient à présent.',
    notSold: 'Un article de votre panier n’est plus vendu. Retirez-le pour pouvoir commander.',
    registered: 'Bienvenue ! Votre compte est créé : il ne reste qu’à vous connecter.',
    loggedOut: 'Au revoir, et à bientôt !',
    formKept: 'Connectez-vous, et ce que vous avez commencé sera fait.',
    formLost: 'Connectez-vous, puis recommencez : ce que vous avez envoyé n’a pas pu être gardé.',
    stillLoggedIn: 'Un autre site a voulu vous déconnecter. Vous êtes toujours connecté.',
    expired: 'Votre visite a duré un peu longtemps : reconnectez-vous pour continuer.',
    sessionUnavailable:
      'Nous ne pouvons pas vous reconnaître pour le moment. Si vous étiez connecté, rien n’est perdu : réessayez bientôt.',
    ordered: (id: number) => `Votre commande n° ${id} est passée. Merci !`,
    productAdded: 'Le produit est en vitrine.',
    productUpdated: 'Le produit est à jour.',
    productDeleted: 'Le produit a quitté la vitrine.',
  },
  errors: {
    home: 'Retour à la boutique',
    retry: 'Réessayer',
    badRequest: { title: 'Demande illisible', text: 'Nous n’avons pas compris cette demande.' },
    forbidden: { title: 'Accès réservé', text: 'Cette page est réservée à l’équipe de la boutique.' },
    expiredForm: {
      title: 'Formulaire périmé',
      text: 'Par sécurité, un formulaire ne sert que pendant votre visite. Revenez sur la page et recommencez : rien n’a été changé.',
    },
    notFound: { title: 'Page introuvable', text: 'Il n’y a rien à cette adresse, ou il n’y a plus rien.' },
    wrongMethod: { title: 'Pas par cette porte', text: 'Cette adresse ne s’ouvre pas de cette façon.' },
    tooLarge: {
      title: 'Envoi trop volumineux',
      text: 'Ce que vous avez envoyé dépasse ce que nous pouvons recevoir.',
    },
    wrongType: { title: 'Format inconnu', text: 'Nous ne savons pas lire ce que vous avez envoyé.' },
    tooMany: { title: 'Un instant', text: 'Il y a eu trop de demandes. Réessayez dans quelques minutes.' },
    broken: {
      title: 'Une erreur de notre côté',
      text: 'Quelque chose s’est mal passé chez nous. Nous en avons gardé la trace.',
    },
    unavailable: {
      products: {
        title: 'Les rayons sont fermés un instant',
        text: 'Nous n’arrivons pas à afficher nos produits, ni les paniers, pour le moment.',
        works: 'Vous pouvez toujours vous connecter, et retrouver vos commandes.',
      },
      orders: {
        title: 'La caisse est fermée un instant',
        text: 'Le panier et les commandes ne répondent pas pour le moment.',
        works: 'Vous pouvez toujours parcourir la boutique et vous connecter. Votre panier vous attend.',
      },
      users: {
        title: 'L’accueil est fermé un instant',
        text: 'Les comptes ne répondent pas : connexion, inscription et panier sont arrêtés pour le moment.',
        works: 'Vous pouvez toujours parcourir la boutique.',
      },
      sessions: {
        title: 'Nous ne vous reconnaissons pas',
        text: 'Nous n’arrivons pas à retrouver votre visite pour le moment. Vous n’avez rien perdu.',
        works: 'Vous pouvez toujours parcourir la boutique.',
      },
    },
  },
};

/** All texts in one language, some made by small functions. */
export type Messages = typeof fr;
