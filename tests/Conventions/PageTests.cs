using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace OpsMonitor.Tests.Conventions;

/// <summary>The pages are plain files without a template: what must be the same in each is kept so by looking.</summary>
public sealed partial class PageTests
{
    // Of a desk's page; the wall has sheets and scripts of its own.
    private static readonly string[] Head =
    [
        "<!doctype html>", "<html lang=\"en\">", "<head>", "  <meta charset=\"utf-8\">", "  <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
        "  <title>OpsMonitor</title>", "  <link rel=\"icon\" href=\"data:,\">", "  <link rel=\"stylesheet\" href=\"/css/pages.css\">",
    ];

    private const string Languages =
        "<select id=\"language\" data-t-label=\"language\"><option value=\"en\">English</option><option value=\"zh-Hans\" lang=\"zh-Hans\">简体中文</option><option value=\"zh-Hant\" lang=\"zh-Hant\">繁體中文</option></select>";

    private static readonly string Pages = Path.Combine(ConventionTests.Root, "web", "wwwroot");

    private static IEnumerable<string> Desks => Directory.GetFiles(Pages, "*.html").Where(f => Path.GetFileName(f) != "board.html").Order(StringComparer.Ordinal);

    [Fact]
    public void Every_page_of_a_desk_begins_alike_and_is_chosen_a_language_alike() => Assert.All(Desks, page =>
    {
        var lines = File.ReadAllLines(page);
        Assert.Equal(Head, lines.Take(Head.Length));
        var rest = lines.Skip(Head.Length).TakeWhile(l => l != "</head>").ToList(); // its own sheet, then its own scripts
        Assert.All(rest, line => Assert.Matches("^  <(link rel=\"stylesheet\" href=\"/css/[a-z]+\\.css\"|script src=\"/js/[a-z]+\\.js\" type=\"module\"></script)>$", line));
        Assert.Equal(1, lines.Count(l => l.Trim() == Languages));
    });

    [Fact]
    public void No_page_says_anything_in_one_language_only() =>
        Assert.All(Directory.GetFiles(Pages, "*.html"), page => Assert.DoesNotMatch("(aria-label|placeholder| title)=\"", File.ReadAllText(page)));

    [Fact]
    public void Every_word_that_a_page_or_script_asks_for_is_in_the_catalogue()
    {
        using var catalogue = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Pages, "i18n", "en.json")));
        var known = catalogue.RootElement.EnumerateObject().Select(w => w.Name).ToHashSet(StringComparer.Ordinal);
        var asked = Directory.GetFiles(Pages, "*.html").SelectMany(f => InPage().Matches(File.ReadAllText(f)).Select(m => (File: Path.GetFileName(f), Word: m.Groups[1].Value)))
            .Concat(Directory.GetFiles(Path.Combine(Pages, "js"), "*.js").SelectMany(f => InScript().Matches(File.ReadAllText(f)).Select(m => (File: Path.GetFileName(f), Word: m.Groups[1].Value)))).ToList();
        Assert.True(asked.Count > 200, $"{asked.Count} found");
        Assert.DoesNotContain(asked, a => !known.Contains(a.Word));
    }

    [GeneratedRegex("data-t(?:-label)?=\"([^\"]+)\"")]
    private static partial Regex InPage();

    [GeneratedRegex("\\bt\\(\"([^\"]+)\"")]
    private static partial Regex InScript();
}
