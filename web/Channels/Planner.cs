using System.Globalization;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Out;

namespace OpsMonitor.Web.Channels;

/// <summary>Whether one recipient was told, and why: what the alert's page shows.</summary>
/// <param name="At">Unix ms</param>
/// <param name="Until">Unix ms to which the telling was put off; null where it was not</param>
internal sealed record Decision(string Alert, string Code, long At, string Channel, string? Contact, string Level, bool Tells, Why Why, long? Until);

/// <summary>What is known of one recipient of one alert.</summary>
/// <param name="Channel">its channel's id</param>
/// <param name="HeardNothing">what he was to be told waits for his working hours, or was dropped before they came</param>
/// <param name="Dropped">and nothing waits for him any more: somebody had the alert meanwhile, or it was silenced</param>
internal sealed record Known(string Channel, string? Contact, Told Told, bool HeardNothing, bool Dropped = false);

/// <summary>What follows from one change of one alert.</summary>
/// <param name="Drop">lanes whose held letters nobody needs any more</param>
/// <param name="Steps">of the ladder, that have been looked at now</param>
internal sealed record Plan(IReadOnlyList<Decision> Decisions, IReadOnlyList<Letter> Letters, IReadOnlyList<string> Drop, IReadOnlyList<Known> Told, int Steps);

/// <summary>From a change of an alert to letters: pure, so that the same row planned twice says the same.</summary>
internal static class Planner
{
    private sealed record Recipient(string Channel, string? Contact, string Level, int Rank, int Round, long RepeatMs, long Opens);

    public static string LaneOf(string alert, string channel, string? contact) => contact is null ? $"{alert} {channel}" : $"{alert} {channel} {contact}";

    /// <param name="steps">of the ladder that were looked at before, for this raise</param>
    /// <param name="known">recipients who were to be told of this alert before</param>
    public static Plan Of(ChannelSettings settings, Notice notice, int steps, IReadOnlyList<Known> known)
    {
        var (decisions, letters, drop, told) = (new List<Decision>(), new List<Letter>(), new List<string>(), new List<Known>());
        foreach (var recipient in Recipients(settings, notice, steps, known))
        {
            var before = known.FirstOrDefault(k => k.Channel == recipient.Channel && k.Contact == recipient.Contact);
            var over = notice.State != AlertState.Raised;
            var lane = LaneOf(notice.Alert, recipient.Channel, recipient.Contact);
            if (over || Telling.Quiet(notice.Hold, notice.Mute) is not null) drop.Add(lane);
            if (over && before is { HeardNothing: true }) { told.Add(before with { Told = before.Told with { Over = true } }); continue; }
            var heard = before is { HeardNothing: false } ? before.Told : null;
            var news = new News(notice.State, notice.Light, notice.Hold, notice.Since, recipient.Rank, notice.At);
            if (Telling.Judge(heard, news, notice.Mute, recipient.Opens, recipient.RepeatMs) is not { } judged) continue;
            var held = judged.Why == Why.OutsideHours;
            decisions.Add(new(notice.Alert, notice.Code, notice.At, recipient.Channel, recipient.Contact, recipient.Level, judged.At is not null && !held, judged.Why, held ? judged.At : null));
            if (judged.At is not { } at) continue;
            if (!over) drop.Add(lane); // what waited is said by this one
            // Held, it is told with the reason that it will have then.
            var why = !held ? judged.Why : heard is null || heard.Over || heard.Since != notice.Since ? Why.FirstTime : Why.RepeatDue;
            letters.Add(new(KeyOf(notice, recipient), recipient.Channel, lane, recipient.Contact, LetterKind.Alert, recipient.Level, why, null, notice, at, held));
            told.Add(new(recipient.Channel, recipient.Contact, new(notice.Since, recipient.Rank, at, over), held && heard is null));
        }
        letters.AddRange(Subscriptions.Of(settings, notice));
        return new(decisions, letters, drop, told, notice.State == AlertState.Raised ? notice.Taken.Count : steps);
    }

    /// <summary>The letter that says by another way what a channel could not say. Null where there is none, or this one was it.</summary>
    public static IReadOnlyList<Letter> ByAnotherWay(ChannelSettings settings, Letter dead, long now)
    {
        if (dead.Kind != LetterKind.Alert || settings.Fallback is not { } other || other == dead.Channel || !settings.Channels.TryGetValue(other, out var channel)) return [];
        var key = $"{dead.Key}.undelivered.{dead.Channel}";
        if (channel.Mail is null) return [To(null, key)];
        var people = settings.ContactsOf(dead.Notice.Department, dead.Level, now).Concat(settings.ContactsOf(null, Ladder.LastWord, now)).Distinct();
        return [.. people.Where(c => c.Addresses.ContainsKey(channel.Kind)).Select(c => To(c.Id, $"{key}.{c.Id}"))];

        Letter To(string? contact, string id) => dead with
        {
            Key = id, Channel = other, Contact = contact, Lane = LaneOf(dead.Notice.Alert, other, contact), Kind = LetterKind.Undelivered, About = dead.Channel, NotBefore = now, Held = false,
        };
    }

    // The same breach, level and recipient always give the same key; a later round of the ladder, or a raise after a retraction, is news and has another.
    private static string KeyOf(Notice n, Recipient r)
    {
        var key = n.State == AlertState.Raised ? $"{n.Alert}.{Slug(r.Level)}" : $"{n.Alert}.{n.StateName}";
        if (n.State == AlertState.Raised && r.Round > 1) key += string.Create(CultureInfo.InvariantCulture, $".{r.Round}");
        if (n.Since != n.NoticedAt) key += string.Create(CultureInfo.InvariantCulture, $".since{n.Since}");
        return r.Contact is null ? key : $"{key}.{r.Contact}";
    }

    // A level is what a policy says: it stands in a header of mail.
    private static string Slug(string level) => level.Length is > 0 and <= 40 && level.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
        ? level : Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(level)).AsSpan(0, 8));

    private static List<Recipient> Recipients(ChannelSettings settings, Notice n, int steps, IReadOnlyList<Known> known)
    {
        var found = new List<Recipient>();
        if (n.State == AlertState.Raised)
            for (var i = Math.Min(steps, n.Taken.Count); i < n.Taken.Count; i++) Step(n.Taken[i], i + 1);
        var quiet = Telling.Quiet(n.Hold, n.Mute) is not null;
        if (n is { State: AlertState.Raised, Hold: Hold.Open, Mute: not Mute.None, Next: { } next }) Step(next, n.Taken.Count); // whom it would have told is told of in the record
        var stands = n.State == AlertState.Raised && !quiet;
        foreach (var k in known)
            if (k.Told is { Over: false } told && told.Since == n.Since && (!stands || k.Dropped) && !found.Any(f => f.Channel == k.Channel && f.Contact == k.Contact))
                found.Add(new(k.Channel, k.Contact, LevelOf(told.Rank), told.Rank, 1, Telling.RepeatMs, Opens(settings.Contacts.Where(c => c.Id == k.Contact), n.At)));
        return found;

        // Of several steps at once, after a stop, each recipient hears the last that is his.
        void Step(string level, int before)
        {
            var (rank, round) = (IndexOf(level), n.Taken.Take(before).Count(t => t == level));
            var people = settings.ContactsOf(n.Department, level, n.At);
            foreach (var (id, repeat) in settings.RoutesOf(n.Rule, n.Light, level, n.Department))
            {
                var channel = settings.Channels[id];
                if (channel.Mail is null) Put(new(id, null, level, rank, round, repeat, ChannelKinds.ByName[channel.Kind].Chat ? Opens(people, n.At) : n.At));
                else
                    foreach (var contact in settings.ReachedBy(channel.Kind, people)) Put(new(id, contact.Id, level, rank, round, repeat, Opens([contact], n.At)));
            }
        }

        string LevelOf(int rank) => rank < n.Taken.Count ? n.Taken[rank] : "";

        void Put(Recipient r)
        {
            var at = found.FindIndex(f => f.Channel == r.Channel && f.Contact == r.Contact);
            if (at < 0) found.Add(r); else found[at] = r.Rank >= found[at].Rank ? r : found[at];
        }

        int IndexOf(string level)
        {
            var at = 0;
            while (at < n.Taken.Count && n.Taken[at] != level) at++;
            return at;
        }
    }

    // A group works as soon as one of it does.
    private static long Opens(IEnumerable<Contact> people, long at)
    {
        var first = long.MaxValue;
        var any = false;
        foreach (var contact in people)
        {
            any = true;
            first = Math.Min(first, contact.Hours?.NextOpen(at) ?? at);
        }
        return any ? first : at;
    }
}
