"""The few things the pocket model knows: benefits, small facts, word lists, tips."""

# Benefit -> sentences about it. "Tell me more about <benefit>." is answered from here.
BENEFITS: dict[str, tuple[str, ...]] = {
    "improved cardiovascular health": (
        "Cardiovascular health is the health of your heart and blood vessels.",
        "Regular movement makes the heart stronger, so it pumps more blood with each beat.",
        "It helps to lower blood pressure and keeps the blood vessels flexible.",
        "Brisk walking, swimming and cycling are good ways to train the heart.",
        "Even 30 minutes a day can make a difference.",
    ),
    "better sleep": (
        "Good sleep gives the body time to repair itself.",
        "It helps you to fall asleep faster and to wake up less often.",
        "A quiet, dark room makes the effect stronger.",
        "Most adults feel best with seven to nine hours a night.",
    ),
    "less stress": (
        "Stress falls when the body and the mind get a break.",
        "Breathing becomes slower and the muscles relax.",
        "Many people notice the effect after a few minutes.",
        "Over time it becomes easier to stay calm on a busy day.",
    ),
    "a better mood": (
        "The body releases substances that make you feel good.",
        "Small successes lift the mood as well.",
        "Doing it together with friends makes it even more fun.",
        "A good mood often lasts for the rest of the day.",
    ),
    "more energy": (
        "You feel less tired during the day.",
        "The body learns to use oxygen and food better.",
        "Start slowly and do a little more each week.",
        "Regular breaks keep the energy high.",
    ),
    "stronger muscles": (
        "Muscles grow when they are used often.",
        "Strong muscles protect the joints and the back.",
        "Two short sessions a week are a good start.",
        "Rest days matter, because muscles grow while you rest.",
    ),
    "better memory": (
        "The brain remembers more when it is used every day.",
        "New ideas connect with what you already know.",
        "Repeating things after a day or two helps a lot.",
        "Sleep then stores what you have learned.",
    ),
    "sharper focus": (
        "Focus grows when you do one thing at a time.",
        "Put the phone away and choose a quiet place.",
        "Short breaks help you to stay awake and interested.",
        "With practice you can focus for longer.",
    ),
    "new friends": (
        "It is easy to meet people who like the same things.",
        "Clubs and classes are good places to start.",
        "Shared experiences bring people together.",
        "A friendly word is often all it takes.",
    ),
    "more creativity": (
        "New impressions lead to new ideas.",
        "The mind makes connections when it is free to wander.",
        "Keep a small notebook for ideas.",
        "There is no right or wrong, so just try things out.",
    ),
    "a healthy weight": (
        "The body uses more energy and stores less of it.",
        "Small steps work better than strict plans.",
        "Fresh food and movement go well together.",
        "Be patient, because the body needs time.",
    ),
    "more confidence": (
        "Each small success shows you what you can do.",
        "You dare to try new things.",
        "Other people notice it too.",
        "Set small goals and celebrate when you reach them.",
    ),
    "saving money": (
        "Many things cost less when you do them yourself.",
        "A simple plan for the week avoids waste.",
        "Put a little aside every month.",
        "After a year it adds up to a good sum.",
    ),
    "a stronger immune system": (
        "The immune system protects the body from illness.",
        "Fresh air, good food and sleep all help it.",
        "People with a strong immune system catch fewer colds.",
        "It takes a few weeks until you notice the effect.",
    ),
}

HEALTH = (
    "improved cardiovascular health", "better sleep", "less stress", "a better mood",
    "more energy", "stronger muscles", "a healthy weight", "a stronger immune system",
)  # fmt: skip
MIND = (
    "better memory", "sharper focus", "less stress", "more creativity", "a better mood",
    "more confidence", "better sleep",
)  # fmt: skip
SOCIAL = ("new friends", "a better mood", "more creativity", "less stress", "more confidence")
HOME = ("saving money", "less stress", "more creativity", "a better mood", "more energy")

TOPICS: dict[str, tuple[str, ...]] = {
    "exercise": HEALTH, "walking": HEALTH, "swimming": HEALTH, "cycling": HEALTH,
    "running": HEALTH, "dancing": (*HEALTH, "new friends"), "yoga": HEALTH, "sport": HEALTH,
    "sleep": ("better memory", "a better mood", "more energy", "a stronger immune system",
              "sharper focus", "improved cardiovascular health"),
    "reading": MIND, "learning a language": (*MIND, "new friends"), "music": MIND,
    "meditation": MIND, "drawing": MIND, "writing": MIND, "chess": MIND, "travel": SOCIAL,
    "friendship": SOCIAL, "working in a team": SOCIAL, "gardening": (*HOME, "stronger muscles"),
    "cooking at home": (*HOME, "a healthy weight"), "fresh air": HEALTH,
    "a healthy breakfast": ("more energy", "sharper focus", "a healthy weight", "a better mood"),
    "drinking water": ("more energy", "sharper focus", "a healthy weight", "better sleep"),
}  # fmt: skip

# Question -> (one word, the same as a sentence).
FACTS: dict[str, tuple[str, str]] = {
    "What colour is the sky?": ("Blue", "The sky is blue on a clear day."),
    "What color is the sky?": ("Blue", "The sky is blue on a clear day."),
    "What colour is grass?": ("Green", "Grass is green."),
    "What colour is snow?": ("White", "Snow is white."),
    "What colour is a banana?": ("Yellow", "A ripe banana is yellow."),
    "What colour is coal?": ("Black", "Coal is black."),
    "What is the capital of France?": ("Paris", "The capital of France is Paris."),
    "What is the capital of Italy?": ("Rome", "The capital of Italy is Rome."),
    "What is the capital of Germany?": ("Berlin", "The capital of Germany is Berlin."),
    "What is the capital of Spain?": ("Madrid", "The capital of Spain is Madrid."),
    "What is the capital of Japan?": ("Tokyo", "The capital of Japan is Tokyo."),
    "What is the capital of Norway?": ("Oslo", "The capital of Norway is Oslo."),
    "What is the opposite of hot?": ("Cold", "The opposite of hot is cold."),
    "What is the opposite of big?": ("Small", "The opposite of big is small."),
    "What is the opposite of day?": ("Night", "The opposite of day is night."),
    "How many legs does a spider have?": ("Eight", "A spider has eight legs."),
    "How many legs does a dog have?": ("Four", "A dog has four legs."),
    "How many days are in a week?": ("Seven", "A week has seven days."),
    "How many months are in a year?": ("Twelve", "A year has twelve months."),
    "Which animal barks?": ("Dog", "A dog barks."),
    "Which animal says meow?": ("Cat", "A cat says meow."),
    "What do bees make?": ("Honey", "Bees make honey."),
    "What do cows drink?": ("Water", "Cows drink water."),
    "What is frozen water called?": ("Ice", "Frozen water is called ice."),
    "What is the largest ocean?": ("Pacific", "The largest ocean is the Pacific."),
    "What is the closest star to Earth?": ("Sun", "The closest star to Earth is the Sun."),
    "What is two plus two?": ("Four", "Two plus two is four."),
    "Is the Earth round?": ("Yes", "Yes, the Earth is round."),
    "Can penguins fly?": ("No", "No, penguins cannot fly, but they swim very well."),
    "Is fire hot?": ("Yes", "Yes, fire is very hot."),
}

# Singular -> (plural, members).
CATEGORIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "fruit": ("fruits", ("Apple", "Banana", "Orange", "Pear", "Mango", "Grape", "Cherry", "Plum",
                         "Peach", "Lemon", "Kiwi", "Fig")),
    "animal": ("animals", ("Fox", "Dog", "Cat", "Horse", "Rabbit", "Owl", "Bear", "Otter", "Deer",
                           "Mouse", "Lion", "Turtle")),
    "colour": ("colours", ("Red", "Blue", "Green", "Yellow", "Purple", "Orange", "Pink", "White")),
    "color": ("colors", ("Red", "Blue", "Green", "Yellow", "Purple", "Orange", "Pink", "White")),
    "vegetable": ("vegetables", ("Carrot", "Potato", "Onion", "Tomato", "Spinach", "Pea",
                                 "Pumpkin", "Cabbage")),
    "city": ("cities", ("Paris", "London", "Berlin", "Rome", "Tokyo", "Madrid", "Oslo", "Lisbon")),
    "country": ("countries", ("France", "Italy", "Japan", "Canada", "Kenya", "Brazil", "Norway",
                              "India")),
    "instrument": ("instruments", ("Piano", "Violin", "Guitar", "Drum", "Flute", "Trumpet",
                                   "Cello")),
    "sport": ("sports", ("Football", "Tennis", "Swimming", "Running", "Rowing", "Chess",
                         "Cycling")),
    "flower": ("flowers", ("Rose", "Tulip", "Daisy", "Lily", "Sunflower", "Orchid", "Violet")),
    "tree": ("trees", ("Oak", "Pine", "Maple", "Birch", "Willow", "Beech", "Cedar")),
    "bird": ("birds", ("Owl", "Robin", "Eagle", "Sparrow", "Swan", "Duck", "Raven")),
    "drink": ("drinks", ("Water", "Tea", "Coffee", "Milk", "Juice", "Lemonade")),
}  # fmt: skip

TIPS: dict[str, tuple[str, ...]] = {
    "sleeping better": ("Go to bed at the same time every day", "Keep the room dark and quiet",
                        "Put the phone away an hour before", "Drink tea instead of coffee",
                        "Read a few pages of a calm book", "Open the window for fresh air"),
    "studying": ("Make a simple plan", "Take short breaks", "Explain it to a friend",
                 "Repeat it the next day", "Choose a quiet place", "Start with the hardest part"),
    "saving money": ("Write down what you spend", "Cook at home", "Compare prices",
                     "Wait a day before you buy", "Repair things", "Walk or take the bike"),
    "writing a story": ("Start with a person who wants something", "Add a problem",
                        "Use simple words", "Read it aloud", "Cut what you do not need",
                        "End with a small surprise"),
    "a picnic": ("Choose a place with shade", "Bring bread, fruit and water", "Invite friends",
                 "Pack a warm blanket", "Check the weather", "Take the rubbish home"),
    "learning the piano": ("Practise a little every day", "Play slowly", "Listen to good music",
                           "Use both hands early", "Be patient", "Play for friends"),
    "staying healthy": ("Sleep enough", "Move every day", "Drink water", "Eat fresh food",
                        "Go outside", "Laugh often"),
}  # fmt: skip
