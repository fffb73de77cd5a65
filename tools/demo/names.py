"""What the invented people are made of."""

FIRST_NAMES = (
    "Aisha", "Álvaro", "Amelia", "Anouk", "Ben", "Bjørn", "Carla", "Chloé", "Daniel", "Elif", "Emma",
    "Ethan", "Fatima", "Felix", "Grace", "Hannah", "Hugo", "Ines", "Isla", "Jakob", "Jonas", "José",
    "Julia", "Kateřina", "Lars", "Leo", "Lina", "Lukas", "Maja", "Marek", "Mateo", "Mia", "Nadia", "Noah",
    "Nora", "Olivia", "Omar", "Paul", "Priya", "Quinn", "Rosa", "Samir", "Sofía", "Tara", "Theo", "Tomás",
    "Uma", "Victor", "Yara", "Zoë",
)  # fmt: skip

LAST_NAMES = (
    "Abel", "Adeyemi", "Andersson", "Bakker", "Becker", "Bernard", "Bianchi", "Castillo", "Clarke", "Costa",
    "Čermák", "Dubois", "Eriksen", "Fernández", "Fischer", "Fontaine", "García", "Green", "Haddad", "Hansen",
    "Hoffmann", "Huber", "Ivanova", "Jensen", "Johnson", "Kaya", "Keller", "Kowalski", "Lambert", "Lindqvist",
    "Lopez", "Marino", "Meyer", "Müller", "Nguyen", "Novak", "Okafor", "Patel", "Pereira", "Quintana",
    "Roberts", "Romano", "Schmidt", "Singh", "Søndergaard", "Taylor", "Vermeulen", "Weber", "Wójcik", "Young",
)  # fmt: skip

CITIES = (
    "Amsterdam", "Barcelona", "Berlin", "Bruxelles", "Chicago, IL", "Dublin", "Graz", "Hamburg", "København",
    "Kraków", "Lisboa", "London", "Lyon", "Málaga", "Milano", "München", "Oslo", "Paris", "Praha", "Toronto",
    "Utrecht", "Washington, DC", "Wien", "Zürich",
)  # fmt: skip

DOMAINS = ("example.com", "example.org", "example.net")
"""Reserved for examples (RFC 2606), so that no invented address can be anybody's."""

LEVELS = ("Bronze", "Silver", "Gold")
"""The options of the loyalty field in ActiveCampaign."""
