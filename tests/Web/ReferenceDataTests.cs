using System.Runtime.CompilerServices;
using NodaTime;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web;

public sealed class ReferenceDataTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-reference-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void No_folder_and_no_files_are_no_data()
    {
        Assert.Empty(ReferenceData.Load(null).Departments);
        Assert.Empty(ReferenceData.Load(_folder).Queues);
    }

    [Fact]
    public void The_files_of_the_demo_name_six_departments_and_three_queues_in_three_languages()
    {
        var data = ReferenceData.Load(DemoFolder());

        Assert.Equal(["billing", "field-service", "network-faults", "new-orders", "returns", "vip-desk"], data.Departments.Keys);
        Assert.Equal(["complaints", "service", "vip"], data.Queues.Keys);
        Assert.All(data.Departments.Values.Select(d => d.Title).Concat(data.Queues.Values.Select(q => q.Title)), title =>
            Assert.True(title is { En: not null, ZhHans: not null, ZhHant: not null }));
        Assert.All(data.Departments.Values, department => Assert.Equal("Asia/Shanghai", department.TimeZone.Id));
    }

    [Fact]
    public void What_a_file_leaves_out_has_a_default()
    {
        Write("departments.yaml", "- id: a\n");
        Write("queues.yaml", "- id: q\n");

        var data = ReferenceData.Load(_folder);

        Assert.Equal(new Department("a", null, DateTimeZone.Utc, LocalTime.Midnight), data.Departments["a"]);
        Assert.Equivalent(ContactQueue.Unlisted("q"), data.Queues["q"]);
    }

    [Fact]
    public void What_a_file_says_is_read()
    {
        Write("departments.yaml", "- {id: a, title: {en: A}, time_zone: Europe/Paris, day_anchor: \"12:00\"}\n");
        Write("queues.yaml", "- {id: q, department_id: a, thresholds_s: [10, 20, 60], short_abandon_s: 0, max_silence_s: 600}\n");

        var data = ReferenceData.Load(_folder);

        Assert.Equal(new LocalTime(12, 0), data.Departments["a"].DayAnchor);
        Assert.Equal("Europe/Paris", data.Departments["a"].TimeZone.Id);
        Assert.Equivalent(new ContactQueue("q", "a", null, [10, 20, 60], 0, 600), data.Queues["q"]);
    }

    [Theory]
    [InlineData("departments.yaml", "- id: a\n- title: {en: B}\n", 2, "'id' is required")]
    [InlineData("departments.yaml", "- id: a\n- id: a\n", 2, "stands twice")]
    [InlineData("departments.yaml", "- id: a\n  colour: red\n", 2, "unknown key 'colour'")]
    [InlineData("departments.yaml", "- id: a\n  time_zone: Mars/Base\n", 2, "not an IANA time zone")]
    [InlineData("departments.yaml", "- id: a\n  day_anchor: noon\n", 2, "time of day")]
    [InlineData("departments.yaml", "- id: a\n  title: {fr: A}\n", 2, "languages")]
    [InlineData("departments.yaml", "id: a\n", 1, "must be a list")]
    [InlineData("departments.yaml", "- just text\n", 1, "must be a mapping")]
    [InlineData("departments.yaml", "- id: a\n- id: [\n", 3, "is not YAML")]
    [InlineData("queues.yaml", "- id: q\n  thresholds_s: [20, 10]\n", 2, "must ascend")]
    [InlineData("queues.yaml", "- id: q\n  thresholds_s: 20\n", 2, "list of seconds")]
    [InlineData("queues.yaml", "- id: q\n  short_abandon_s: -1\n", 2, "whole seconds, 0 or more")]
    [InlineData("queues.yaml", "- id: q\n  max_silence_s: 0\n", 2, "whole seconds, 1 or more")]
    public void A_broken_file_is_refused_with_file_line_and_rule(string file, string text, int line, string rule)
    {
        Write(file, text);

        var error = Assert.Throws<ReferenceDataException>(() => ReferenceData.Load(_folder));

        Assert.Equal((Path.Combine(_folder, file), (long)line), (error.File, error.Line));
        Assert.Contains(rule, error.Rule, StringComparison.Ordinal);
        Assert.StartsWith($"{error.File}:{line}: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_queue_of_an_unlisted_department_is_refused()
    {
        Write("departments.yaml", "- id: a\n");
        Write("queues.yaml", "- id: q\n  department_id: b\n");

        var error = Assert.Throws<ReferenceDataException>(() => ReferenceData.Load(_folder));

        Assert.Equal(2, error.Line);
        Assert.Contains("'b' is not in departments.yaml", error.Rule, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_does_not_exist_is_an_error() =>
        Assert.Contains("does not exist", Assert.Throws<ReferenceDataException>(() => ReferenceData.Load(Path.Combine(_folder, "none"))).Message, StringComparison.Ordinal);

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(_folder, file), text);

    /// <summary>The folder in the sources: what is shipped is a copy of it.</summary>
    private static string DemoFolder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "web", "Demo", "reference"));
}
