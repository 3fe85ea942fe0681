using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace OpsMonitor.Tests.Conventions;

public sealed partial class ConventionTests
{
    internal static readonly string Root = FindRoot();
    private static readonly string[] NotOurs = ["bin", "obj", "node_modules", ".git"];
    private static readonly string[] Texts = [".cs", ".csproj", ".md", ".json", ".yaml", ".yml", ".txt", ".props", ".sln", ".ts", ".tsx", ".js", ".css", ".html", ".sh", ".svg"];

    private static string FindRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    private static IEnumerable<string> Files(string folder = "")
    {
        var top = Path.Combine(Root, folder);
        if (!Directory.Exists(top)) yield break;
        foreach (var file in Directory.EnumerateFiles(top)) yield return file;
        foreach (var child in Directory.EnumerateDirectories(top).Where(d => !NotOurs.Contains(Path.GetFileName(d)) && !Path.GetFileName(d).StartsWith('.')))
            foreach (var file in Files(Path.GetRelativePath(Root, child))) yield return file;
    }

    private static string Name(string file) => Path.GetRelativePath(Root, file).Replace('\\', '/');

    // The project files, not the built assemblies: the compiler drops a reference that nobody uses yet.
    [Fact]
    public void Dependencies_point_at_grains()
    {
        var wrong =
            from file in Files().Where(f => f.EndsWith(".csproj", StringComparison.Ordinal))
            let layer = Layer(Name(file))
            where layer != "tests"
            from reference in XDocument.Load(file).Descendants("ProjectReference")
            let target = Layer(Name(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, reference.Attribute("Include")!.Value.Replace('\\', '/')))))
            where Rank(target) > Rank(layer) || layer == "grains"
            select $"{Name(file)} -> {target}";
        Assert.Empty(wrong);
    }

    // The cluster's node stands above the web: it runs it.
    private static string Layer(string path) => path.StartsWith("silo/orleans/", StringComparison.Ordinal) ? "silo/orleans" : path.Split('/')[0];

    private static int Rank(string layer) => layer switch { "grains" => 0, "silo" => 1, "web" => 2, _ => 3 };

    [Fact]
    public void The_program_runs_where_it_was_started() => // else `--input queue_log` is looked for beside the sources
        Assert.Contains("<EnableDefaultRunWorkingDirectory>false<", File.ReadAllText(Path.Combine(Root, "web", "OpsMonitor.Web.csproj")), StringComparison.Ordinal);

    [Fact]
    public void Grains_depends_on_a_library_of_time_and_nothing_else() =>
        Assert.Equal(["Microsoft.CodeAnalysis.BannedApiAnalyzers", "NodaTime"], XDocument.Load(Path.Combine(Root, "grains", "OpsMonitor.Grains.csproj"))
            .Descendants("PackageReference").Select(p => p.Attribute("Include")!.Value).Order(StringComparer.Ordinal));

    [Fact]
    public void Documents_name_only_files_that_exist() => Assert.Empty(
        from document in Directory.EnumerateFiles(Root, "*.md").Concat(Files("docs").Where(f => f.EndsWith(".md", StringComparison.Ordinal)))
        from Match quoted in QuotedPath().Matches(File.ReadAllText(document))
        let path = quoted.Groups[1].Value
        where Ours().IsMatch(path) && !Path.Exists(Path.Combine(Root, path)) && !Path.Exists(Path.Combine(Path.GetDirectoryName(document)!, path))
        select $"{Name(document)}: {path}");

    // The machine that something was written on is nobody's business, and does not exist anywhere else.
    [Fact]
    public void No_file_names_a_folder_of_somebody_s_machine() => Assert.Empty(
        from file in Files()
        where Texts.Contains(Path.GetExtension(file))
        from Match found in ForeignPath().Matches(File.ReadAllText(file))
        select $"{Name(file)}: {found.Value}");

    [Fact]
    public void The_core_is_kept_from_clocks_chance_and_fractions()
    {
        var banned = File.ReadAllLines(Path.Combine(Root, "grains", "BannedSymbols.txt")).Select(line => line.Split(';')[0]).ToList();
        string[] must = ["T:System.Double", "T:System.Single", "P:System.DateTimeOffset.UtcNow", "P:System.DateTime.UtcNow", "M:System.Guid.NewGuid", "N:System.IO"];
        Assert.Empty(must.Except(banned));
    }

    [Fact] // the analyser sees uses of members, not a keyword in a declaration
    public void The_core_declares_no_fractions() => Assert.Empty(
        from file in Files("grains").Where(f => f.EndsWith(".cs", StringComparison.Ordinal))
        from Match found in Fraction().Matches(Comment().Replace(File.ReadAllText(file), ""))
        select $"{Name(file)}: {found.Value}");

    [Fact]
    public void No_source_file_is_longer_than_four_hundred_lines() => Assert.Empty(
        from file in Files().Where(f => f.EndsWith(".cs", StringComparison.Ordinal))
        let lines = File.ReadLines(file).Count()
        where lines > 400
        select $"{Name(file)}: {lines}");

    [GeneratedRegex("`([A-Za-z0-9_./-]+)`")]
    private static partial Regex QuotedPath();

    [GeneratedRegex("^(grains|silo|web|tests|docs|packs|deploy)/")]
    private static partial Regex Ours();

    [GeneratedRegex(@"(?<![\w./:~-])/(work|root)/\w*")]
    private static partial Regex ForeignPath();

    [GeneratedRegex(@"\b(double|float|Double|Single)\b(?!\()")]
    private static partial Regex Fraction();

    [GeneratedRegex("//.*")]
    private static partial Regex Comment();
}
