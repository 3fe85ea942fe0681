using System.Security.Cryptography;
using System.Text.Json;
using Xunit;

namespace OpsMonitor.Tests.Conventions;

/// <summary>The pinned libraries of the pages are the files that their manifest names, each with its licence beside it.</summary>
public class StaticAssetTests
{
    private static readonly string Lib = Path.Combine(ConventionTests.Root, "web", "wwwroot", "lib");

    [Fact]
    public void Every_library_is_the_file_that_the_manifest_names()
    {
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Lib, "manifest.json")));
        var named = manifest.RootElement.EnumerateArray().ToDictionary(e => e.GetProperty("file").GetString()!, e => e.GetProperty("sha256").GetString()!);
        var found = Directory.GetFiles(Lib, "*.js", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(Lib, f).Replace('\\', '/'), f => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f))));
        Assert.Equal(named.OrderBy(n => n.Key, StringComparer.Ordinal), found.OrderBy(n => n.Key, StringComparer.Ordinal));
        Assert.All(named.Keys, file => Assert.True(File.Exists(Path.Combine(Lib, Path.GetDirectoryName(file)!, "LICENSE.md")), $"no licence beside {file}"));
    }

    [Fact]
    public void The_three_languages_have_the_same_words()
    {
        var words = new[] { "en", "zh-Hans", "zh-Hant" }.Select(language =>
        {
            using var catalogue = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(ConventionTests.Root, "web", "wwwroot", "i18n", language + ".json")));
            return catalogue.RootElement.EnumerateObject().Select(w => w.Name).Order(StringComparer.Ordinal).ToList();
        }).ToList();
        Assert.Equal(words[0], words[1]);
        Assert.Equal(words[0], words[2]);
    }
}
