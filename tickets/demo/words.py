"""Short sentences for the messages of demo tickets, and names for those who write them."""

QUESTIONS_ASKED = (
    "Since yesterday this no longer works for us. Can you have a look?",
    "We tried it on two machines with the same result.",
    "It worked last week, and nothing changed on our side.",
    "Could you tell us how to go on? Several colleagues are waiting.",
    "Please see the details below and let us know.",
    "This is the second time this month.",
)
ACKNOWLEDGEMENT = "Thank you for your message. We have received it and will answer as soon as our desk opens."
FIRST_REPLIES = (
    "Thank you for writing. I am looking into it now.",
    "Thanks for the details. I can see the same here and will check the cause.",
    "Hello, I have taken this over and will come back to you today.",
    "Sorry for the trouble. Let me check this for you.",
    "Good question. I am asking the colleague who built it.",
)
COUNTER_QUESTIONS = (
    "Could you send me the exact time at which it happened?",
    "Which e-mail address do you sign in with?",
    "Does it also happen in a private window?",
    "Please send a screenshot of the whole page.",
    "I have changed a setting. Could you try once more?",
)
ANSWERS = (
    "It was about ten past nine this morning.",
    "Screenshot attached. It is the same for all of us.",
    "Tried again: better, but not right yet.",
    "Sorry for the late answer, I was out of office.",
    "Yes, also in a private window.",
)
SOLUTIONS = (
    "This is corrected now. Please reload the page once.",
    "I have changed it for you; the next run will be right.",
    "The setting was off since the update. It is on again.",
    "Done. You will see it on your next invoice.",
    "Our developers have fixed this today. Thank you for your patience.",
    "Here is the guide with all steps. I am closing this for now; just reply if anything is open.",
)
REMINDER = "We are still waiting for your answer. Without one, this request closes in a few days."
COMPLAINTS = (
    "It is back. The same message as before.",
    "Unfortunately this did not help for long.",
    "One of us still sees the old state.",
)
NOTES = (
    "Same cause as the case of last week.",
    "Asked the developers; they look at it after lunch.",
    "Customer called as well, is friendly but in a hurry.",
    "Could not repeat it on the test system.",
    "Contract allows this, checked with sales.",
)
PRAISE = ("Quick and friendly.", "Solved at once, thank you!", "Very clear explanation.", "Great help.", "")
CRITICISM = ("It took far too long.", "I had to explain it three times.", "Not solved.", "Nobody told me anything.", "")

GIVEN_NAMES = (
    "Ada Ahmed Aisha Alina Amit Ana Andrei Anna Arjun Astrid Ayşe Beatriz Ben Carla Carlos Chidi Chloé Daniela David "
    "Elena Emeka Emil Emma Fatima Felix Freya Giulia Grace Hana Hugo Ibrahim Ingrid Isabel Ivan Jan Jasmin João Julia "
    "Kaito Karim Katarzyna Kofi Lars Leila Lena Liam Luca Magda Maja Malik Marek Maria Mei Mila Mohamed Nadia Niklas "
    "Noor Olga Oliver Omar Pablo Petra Rania Ravi Rosa Sam Sana Selin Simon Stefan Tariq Teresa Thandi Thomas Uma "
    "Valentina Victor Yara Yuki Zoe"
).split()
FAMILY_NAMES = (
    "Abebe Adeyemi Ahmed Almeida Andersen Bakker Baumann Becker Bianchi Bjork Boateng Castro Chen Costa Demir Diallo "
    "Dubois Eriksen Evans Ferrari Fischer Garcia Gupta Haddad Hansen Hoffmann Horvat Ivanova Jensen Kaya Keller Khan "
    "Kim Kowalska Larsen Lehmann Lopez Maier Marin Martin Mensah Moreau Morgan Murphy Nakamura Nguyen Novak O'Brien "
    "Olsen Park Patel Pereira Petrov Popescu Reyes Richter Rossi Said Santos Sato Schulz Silva Singh Suzuki Tanaka "
    "Torres Vargas Virtanen Vogel Walsh Wang Weiss Wilson Yilmaz Zhang Zimmermann"
).split()
# Larger customers first.
ORGANIZATIONS = (
    "Northwind Fitness, Alder Clinics, Brightwater Clubs, City Swim, Harbour Gym, Kestrel Sports, Lumen Yoga, Old Mill "
    "Climbing, Pine Street Studios, Quayside Rowing, Riverside Tennis, Summit Boulders, Tramway Arts, Union Library, "
    "Valley Golf, Westend Dance, Amber Pilates, Beacon Chess, Cedar Museum, Delta Sailing, Eastgate Judo, Fjord "
    "Kayaks, Granite Gym, Hilltop Riding, Iris Ballet, Juniper Spa, Kingfisher Angling, Lakeside Hockey, Meadow "
    "Gardens, Nordic Skiers, Orchard Choir, Parkside Runners, Quarry Divers, Redwood Scouts, Silverline Cycling, "
    "Tidal Surf, Upland Hikers, Velodrome North, Willow Theatre, Yellow House Co-op, Zenith Astronomy, Arcade "
    "Makers, Boathouse Four, Canal Coworking, Dockland Hub, Elm Debate, Foundry Space, Gallery Nine, Hangar Flyers, "
    "Island Archers, Jetty Swimmers, Keystone Alumni, Lantern Film, Mosaic Language School, Nave Concerts, Oak Hill "
    "Bowls, Pavilion Cricket, Ring Boxing, Station Radio, Tower Fencing"
).split(", ")
