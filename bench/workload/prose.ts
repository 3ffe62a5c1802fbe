/** What the Markov chain of text.ts learns from: both sides of ordinary support calls. */
export const PROSE = `
Hello, thank you for calling, my name is Dana and I can help you with orders, deliveries, invoices and returns.
I ordered a pair of walking boots on Monday morning and the tracking page still says that the parcel has not left the warehouse.
Let me look that up for you, could you read me the order number, it is in the confirmation we sent to your address.
I think it begins with seven four, then a dash, but the screen of my phone is broken and the rest is hard to read.
That is no problem, I can also find it by your postcode and the name on the card you paid with.
The parcel was packed last night and the driver should bring it between nine and eleven tomorrow, unless the weather turns.
We have had snow in the hills since the weekend, so several routes are running about half a day behind the plan.
If nobody is at home, the driver can leave it with a neighbour, behind the gate, or at the small shop near the station.
Please do not leave it outside, last winter two boxes were soaked before I came back from work.
Understood, I have added a note for the courier and you will get a message when he is ten minutes away.
Could I also change the colour of the second item, my daughter says that green goes better with her new coat.
The green version is sold out in her size, however a dark blue pair arrives in our northern branch on Thursday.
How much would it cost to have both sent together, and is there any discount because of the delay?
Shipping stays free for orders above forty euros, and I can take fifteen percent off the second pair as an apology.
That sounds fair, go ahead and put it on the same account, but keep the old invoice because my employer pays half.
I will email a corrected invoice this afternoon; it lists each item, the tax, and the reason for the credit.
The technician checked the boiler twice and found that a valve near the pump closes too early when the pressure drops.
You can restart it yourself: hold the round button for five seconds, wait until the light blinks, then open the tap slowly.
When I did this yesterday it worked for about twenty minutes before the same error came up again.
Then the sensor has probably failed, which is covered by your warranty until the end of next year.
The earliest appointment is Wednesday at half past two; someone over eighteen needs to be there to sign the report.
My train leaves at one, so either early in the day or after six would suit me much better.
There is a free slot on Friday at eight, and our most experienced engineer lives just two streets from you.
Before we finish, would you like a summary by text, and may we ask a short question about today's call?
Yes, send it to this number, and tell your colleague who answered on Sunday that her advice about the filter was excellent.
What does the insurance include if I rent a larger car with an automatic gearbox for the whole month?
Damage to tyres and windows is included, theft as well, but you pay the first three hundred of any other repair.
Prices change every evening, therefore I would book now and cancel later, which costs nothing up to two days before.
I am travelling with my parents and a small dog, we need a ground floor room that looks onto the garden.
Breakfast starts at seven, the kitchen can prepare something without nuts or milk if they know the evening before.
The museum closes at five on weekdays but stays open late every first Thursday, when entry is free for students.
Turn left after the bridge, follow the river past the old mill, and the clinic is the white building with a blue door.
Take one tablet in the morning with water, never more than three a day, and ring us at once if the rash spreads.
Your card ending in zero six was charged twice because the first attempt timed out, so one amount will be released overnight.
`;
