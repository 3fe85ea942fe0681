using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using NodaTime;
using NodaTime.Text;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Board;

namespace OpsMonitor.Web.Channels;

/// <summary>A message in the recipient's words. No line holds a control character; none is markup.</summary>
internal sealed record Message(string Subject, IReadOnlyList<string> Lines, string Link)
{
    public string Whole => string.Join('\n', [Subject, .. Lines, Link]);
}

/// <summary>Puts letters into words: those of the pages, so that a person reads the same everywhere.</summary>
internal sealed partial class MessageText(BoardDirectory directory)
{
    public static readonly IReadOnlyList<string> Languages = ["en", "zh-Hans", "zh-Hant"];
    private static readonly string Guard = Grains.Policies.Words.Of(Grains.Rules.RuleId.PingPongGuard);
    private const int MostListed = 10;
    private static readonly LocalDateTimePattern When = LocalDateTimePattern.CreateWithInvariantCulture("uuuu'-'MM'-'dd' 'HH':'mm");
    private static readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> Words = new(StringComparer.Ordinal);

    public Message Of(Letter letter, string language, DateTimeZone zone, Uri baseUrl)
    {
        var (n, w) = (letter.Notice, WordsOf(language));
        if (letter.Kind == LetterKind.Test) return new(Say(w, "tell.test"), [Say(w, "tell.testNote", ("time", Time(letter.NotBefore, zone)))], Link(baseUrl, "channels"));
        var over = n.State != AlertState.Raised;
        var rule = Plain(Named(w, "rule", n.Rule));
        var lines = new List<string>();
        if (letter.Kind == LetterKind.Undelivered) lines.Add(Say(w, "tell.undelivered", ("channel", Plain(letter.About ?? ""))));
        if (over) lines.Add(Say(w, "alert." + n.StateName));
        var (subject, condition) = (Plain(SubjectOf(n.Subject, w, language)), n.Rule == Guard ? rule : Plain(ConditionOf(n, w)));
        lines.Add(condition.Length == 0 ? subject : Say(w, "tell.case", ("subject", subject), ("clock", condition)));
        if (n.Rule == Guard && !over) lines.Add(Say(w, "tell.adjudicator", ("who", Plain(Named(w, "role", n.Clock)))));
        lines.Add(Say(w, "tell.due", ("time", Time(n.DueAt, zone)), ("raised", Time(n.RaisedAt, zone))));
        if (n.By is { } by && n.Hold != Hold.Open) lines.Add(Say(w, "tell.has", ("by", Plain(by))));
        if (!over) lines.Add(Say(w, "tell.to", ("level", Plain(Named(w, "role", letter.Level))), ("why", Say(w, "why." + Telling.NameOf(letter.Why)))));
        var mark = over ? "✓" : n.Light == AlertLevel.Red ? "●" : "▲";
        return new($"{mark} [{n.Priority}] {rule} · {Plain(DepartmentOf(n.Department, language))} · {Plain(n.Code)}", lines, Link(baseUrl, "a/" + Uri.EscapeDataString(n.Code)));
    }

    /// <summary>Many letters as one message: how many, and the first of them.</summary>
    public Message Digest(IReadOnlyList<Letter> letters, string language, DateTimeZone zone, Uri baseUrl)
    {
        var w = WordsOf(language);
        var count = letters.Count.ToString(CultureInfo.InvariantCulture);
        var red = letters.Count(l => l.Notice.Light == AlertLevel.Red && l.Notice.State == AlertState.Raised).ToString(CultureInfo.InvariantCulture);
        var lines = letters.Take(MostListed).Select(l => Of(l, language, zone, baseUrl).Subject).ToList();
        if (letters.Count > MostListed) lines.Add(Say(w, "tell.more", ("n", (letters.Count - MostListed).ToString(CultureInfo.InvariantCulture))));
        return new(Say(w, "tell.digest", ("n", count), ("red", red)), lines, Link(baseUrl, "alarms"));
    }

    /// <summary>
    /// Data as text that is nothing but text: one line, no control or invisible character, bounded, and nothing that a reader's program would
    /// make a link of.
    /// </summary>
    public static string Plain(string text)
    {
        const int most = 120;
        var plain = new StringBuilder(Math.Min(text.Length, most));
        foreach (var rune in text.EnumerateRunes())
        {
            if (plain.Length >= most) return plain.Append('…').ToString();
            var kind = Rune.GetUnicodeCategory(rune);
            if (kind is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator) plain.Append(' ');
            else if (kind is not (UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse)) plain.Append(rune.ToString());
        }
        return plain.ToString().Replace("://", ":／／", StringComparison.Ordinal).Trim();
    }

    private static string Time(long at, DateTimeZone zone)
    {
        var local = Instant.FromUnixTimeMilliseconds(at).InZone(zone);
        return $"{When.Format(local.LocalDateTime)} {(local.Offset == Offset.Zero ? "UTC" : "UTC" + local.Offset.ToString("m", CultureInfo.InvariantCulture))}";
    }

    private static string Link(Uri baseUrl, string path) => new Uri(baseUrl, path).AbsoluteUri;

    private string DepartmentOf(string? id, string language) => id is null ? "–" : In(language, directory.Department(id)) ?? id;

    /// <summary>As the pages say it.</summary>
    /// <param name="subject">KIND/ID, or rule/KIND/ID for what a rule watches; of a bulk complaint rule/bulk/DEPARTMENT/ISSUE</param>
    private string SubjectOf(string subject, IReadOnlyDictionary<string, string> words, string language)
    {
        var watched = subject.StartsWith("rule/", StringComparison.Ordinal) ? subject["rule/".Length..] : subject;
        var slash = watched.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) return watched;
        var (kind, id) = (watched[..slash], watched[(slash + 1)..]);
        return kind switch
        {
            "department" => DepartmentOf(id, language),
            "queue" => $"{Named(words, "kind", kind)} {In(language, directory.Queue(id)) ?? id}",
            "bulk" => id[(id.IndexOf('/', StringComparison.Ordinal) + 1)..],
            _ => $"{Named(words, "kind", kind)} {id}",
        };
    }

    private static string? In(string language, Titles? title) => language switch { "zh-Hans" => title?.ZhHans, "zh-Hant" => title?.ZhHant, _ => null } ?? title?.En;

    /// <summary>The promise or condition; "" where it only says the subject again, as a queue's does. What the policy of the house named otherwise, and what is no clock, stays as it is.</summary>
    private static string ConditionOf(Notice n, IReadOnlyDictionary<string, string> words)
    {
        if (n.Subject.StartsWith("rule/", StringComparison.Ordinal) && n.Subject.EndsWith("/" + n.Clock, StringComparison.Ordinal)) return "";
        var parts = n.Clock.Split('/'); // such as department_answer/T-1-d1
        return words.TryGetValue("promise." + parts[0], out var promise) ? string.Join(' ', [promise, .. parts[1..]]) : n.Clock;
    }

    private static string Named(IReadOnlyDictionary<string, string> words, string family, string name) => words.GetValueOrDefault($"{family}.{name}") ?? name;

    // In one pass: a value that looks like a place for another stays what it is.
    private static string Say(IReadOnlyDictionary<string, string> words, string key, params (string Name, string Value)[] values) =>
        Place().Replace(words[key], m => values.FirstOrDefault(v => v.Name == m.Groups[1].Value).Value ?? "");

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Place();

    private static IReadOnlyDictionary<string, string> WordsOf(string language) => Words.GetOrAdd(language, static l =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "wwwroot", "i18n", l + ".json")))!);
}
